package dev.coracle.api;

import java.util.List;

/**
 * An expected failure of a request. It has no stack trace, since it is an answer and not a bug; the
 * factories give it the words that Kubernetes' clients and tests look for.
 */
public final class StatusException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Status status;

  public StatusException(Status status) {
    super(status.message(), null, false, false);
    this.status = status;
  }

  private StatusException(Status status, Throwable cause) {
    super(status.message(), cause, false, false);
    this.status = status;
  }

  /** The same, with what no client is told. */
  public StatusException because(Throwable cause) {
    return new StatusException(status, cause);
  }

  public Status status() {
    return status;
  }

  public StatusReason reason() {
    return status.reason();
  }

  /** Whether {@code failure} is a StatusException of this reason. */
  public static boolean is(Throwable failure, StatusReason reason) {
    return failure instanceof StatusException s && s.reason() == reason;
  }

  public static boolean isForbidden(Throwable failure) {
    return is(failure, StatusReason.FORBIDDEN);
  }

  public static boolean isNotFound(Throwable failure) {
    return is(failure, StatusReason.NOT_FOUND);
  }

  public static boolean isConflict(Throwable failure) {
    return is(failure, StatusReason.CONFLICT);
  }

  public static boolean isAlreadyExists(Throwable failure) {
    return is(failure, StatusReason.ALREADY_EXISTS);
  }

  /** Something was to be made in a namespace that is being deleted. */
  public static boolean isNamespaceTerminating(Throwable failure) {
    return is(failure, StatusReason.FORBIDDEN)
        && ((StatusException) failure)
            .status().causes().stream().anyMatch(c -> c.type().equals("NamespaceTerminating"));
  }

  /** 410 in either of its two names. */
  public static boolean isExpired(Throwable failure) {
    return is(failure, StatusReason.EXPIRED) || is(failure, StatusReason.GONE);
  }

  public static StatusException notFound(GroupResource resource, String name) {
    return failed(StatusReason.NOT_FOUND, resource + " \"" + name + "\" not found", resource, name);
  }

  public static StatusException alreadyExists(GroupResource resource, String name) {
    return failed(
        StatusReason.ALREADY_EXISTS, resource + " \"" + name + "\" already exists", resource, name);
  }

  /** The names that were made up were all taken. */
  public static StatusException noNameFound(GroupResource resource, String last) {
    Status status = alreadyExists(resource, last).status();
    return new StatusException(
        status
            .withMessage(
                status.message()
                    + ", the server was not able to generate a unique name for the object")
            .withRetryAfter(1));
  }

  public static StatusException conflict(GroupResource resource, String name, String why) {
    return failed(
        StatusReason.CONFLICT,
        "Operation cannot be fulfilled on " + resource + " \"" + name + "\": " + why,
        resource,
        name);
  }

  /** The update lost a race: the object has changed since it was read. */
  public static StatusException modified(GroupResource resource, String name) {
    return conflict(
        resource,
        name,
        "the object has been modified; please apply your changes to the latest version and try again");
  }

  public static StatusException forbidden(GroupResource resource, String name, String why) {
    String what = name.isEmpty() ? resource.toString() : resource + " \"" + name + "\"";
    String is = resource.resource().isEmpty() ? "forbidden: " : what + " is forbidden: ";
    return failed(StatusReason.FORBIDDEN, is + why, resource, name);
  }

  /**
   * One or more field errors, with upstream's message: {@code Kind.group "name" is invalid: field:
   * …}; several stand in brackets.
   */
  public static StatusException invalid(
      GroupVersionKind kind, String name, List<StatusCause> causes) {
    String qualified = kind.group().isEmpty() ? kind.kind() : kind.kind() + "." + kind.group();
    String list =
        Aggregate.of(
            causes.stream()
                .map(c -> c.field().isEmpty() ? c.message() : c.field() + ": " + c.message())
                .toList());
    Status status =
        Status.failure(StatusReason.INVALID, qualified + " \"" + name + "\" is invalid: " + list)
            .withDetails(new GroupResource(kind.group(), kind.kind()), name)
            .withCauses(causes);
    return new StatusException(status);
  }

  public static StatusException badRequest(String message) {
    return of(StatusReason.BAD_REQUEST, message);
  }

  public static StatusException unauthorized() {
    return of(StatusReason.UNAUTHORIZED, "Unauthorized");
  }

  public static StatusException methodNotAllowed(GroupResource resource, String verb) {
    return failed(
        StatusReason.METHOD_NOT_ALLOWED,
        verb + " is not supported on resources of kind \"" + resource + "\"",
        resource,
        "");
  }

  /** The history before this revision is gone: list again. */
  public static StatusException expired(String message) {
    return of(StatusReason.EXPIRED, message);
  }

  public static StatusException tooManyRequests(String message, int retryAfterSeconds) {
    return new StatusException(
        Status.failure(StatusReason.TOO_MANY_REQUESTS, message).withRetryAfter(retryAfterSeconds));
  }

  public static StatusException internal(String message) {
    Status status =
        Status.failure(StatusReason.INTERNAL_ERROR, "Internal error occurred: " + message);
    // What is wrong stands alone in the cause.
    return new StatusException(status.withCauses(List.of(new StatusCause("", message, ""))));
  }

  public static StatusException notImplemented(String message) {
    return of(StatusReason.NOT_IMPLEMENTED, message);
  }

  public static StatusException unavailable(String message) {
    return of(StatusReason.SERVICE_UNAVAILABLE, message);
  }

  public static StatusException of(StatusReason reason, String message) {
    return new StatusException(Status.failure(reason, message));
  }

  private static StatusException failed(
      StatusReason reason, String message, GroupResource resource, String name) {
    return new StatusException(Status.failure(reason, message).withDetails(resource, name));
  }
}
