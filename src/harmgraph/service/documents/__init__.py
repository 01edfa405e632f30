"""What is said of one thing, in the formats it comes in and with the links it has."""
