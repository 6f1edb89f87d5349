// SchemaValidation knows JSON Schema and XML Schema.
// It must never see HTTP; it never fetches a reference.
