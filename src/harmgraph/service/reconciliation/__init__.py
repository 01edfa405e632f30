"""The Reconciliation Service API: names in somebody's table → the things of ours that they name."""
