"""Where readers suggest improvements: the inbox (Linked Data Notifications) and the form. The only path that writes."""
