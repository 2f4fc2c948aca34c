"""The calendar: when the slots of the lanes are published."""
