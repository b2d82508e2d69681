package dev.coracle.api;

/**
 * One of the reasons behind a failure.
 *
 * @param type {@code FieldValueRequired}, {@code FieldValueInvalid}, …
 * @param field the path, such as {@code spec.containers[0].name}, or empty
 */
public record StatusCause(String type, String message, String field) {

  public static final String REQUIRED = "FieldValueRequired";
  public static final String DUPLICATE = "FieldValueDuplicate";
  public static final String INVALID = "FieldValueInvalid";
  public static final String NOT_SUPPORTED = "FieldValueNotSupported";
  public static final String FORBIDDEN = "FieldValueForbidden";
  public static final String TOO_LONG = "FieldValueTooLong";
  public static final String TOO_MANY = "FieldValueTooMany";
  public static final String TYPE_INVALID = "FieldValueTypeInvalid";
  public static final String NOT_FOUND = "FieldValueNotFound";
  public static final String INTERNAL = "InternalError";
  public static final String UNEXPECTED_RESPONSE = "UnexpectedServerResponse";
  public static final String MANAGER_CONFLICT = "FieldManagerConflict";
  public static final String RESOURCE_VERSION_TOO_LARGE = "ResourceVersionTooLarge";
}
