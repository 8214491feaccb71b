// What an application imports with `import Nestbox`.
@_exported public import HTTPTypes
@_exported public import Logging
@_exported public import NestboxGateway
@_exported public import NestboxHTTP
@_exported public import NestboxSessions
