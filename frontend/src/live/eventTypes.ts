// Written by `manage.py event_types`; change webcare/live/events.py instead.
export type EventType =
  | "case.opened"
  | "case.changed"
  | "case.presence"
  | "source.changed"
  | "town.changed"
  | "archive.changed"
