package dev.coracle.api;

/**
 * Why a request failed, in Kubernetes' words, each with its HTTP code (API conventions, "Response
 * Status Kind").
 */
public enum StatusReason {
  UNKNOWN("", 500),
  UNAUTHORIZED("Unauthorized", 401),
  FORBIDDEN("Forbidden", 403),
  NOT_FOUND("NotFound", 404),
  ALREADY_EXISTS("AlreadyExists", 409),
  CONFLICT("Conflict", 409),
  GONE("Gone", 410),
  INVALID("Invalid", 422),
  SERVER_TIMEOUT("ServerTimeout", 500),
  STORE_READ("StorageReadError", 500),
  TIMEOUT("Timeout", 504),
  TOO_MANY_REQUESTS("TooManyRequests", 429),
  BAD_REQUEST("BadRequest", 400),
  METHOD_NOT_ALLOWED("MethodNotAllowed", 405),
  NOT_ACCEPTABLE("NotAcceptable", 406),
  REQUEST_ENTITY_TOO_LARGE("RequestEntityTooLarge", 413),
  UNSUPPORTED_MEDIA_TYPE("UnsupportedMediaType", 415),
  INTERNAL_ERROR("InternalError", 500),
  EXPIRED("Expired", 410),
  NOT_IMPLEMENTED("NotImplemented", 501),
  SERVICE_UNAVAILABLE("ServiceUnavailable", 503),
  INSUFFICIENT_STORAGE("InsufficientStorage", 507);

  private final String text;
  private final int code;

  StatusReason(String text, int code) {
    this.text = text;
    this.code = code;
  }

  /** As it stands in {@code status.reason}. */
  public String text() {
    return text;
  }

  public int code() {
    return code;
  }

  /** The reason of this text, else the first one that has this HTTP code, else {@link #UNKNOWN}. */
  public static StatusReason of(String text, int code) {
    for (StatusReason reason : values()) {
      if (!text.isEmpty() && reason.text.equals(text)) {
        return reason;
      }
    }
    for (StatusReason reason : values()) {
      if (reason != UNKNOWN && reason.code == code) {
        return reason;
      }
    }
    return UNKNOWN;
  }
}
