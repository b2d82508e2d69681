package dev.coracle.kubelet.spi;

/**
 * A call to the container runtime failed. The message is the runtime's own, fit for an event;
 * {@link #toString()} of it is what upstream prints, {@code rpc error: code = NotFound desc = …}.
 */
public final class CriException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** gRPC's status codes. */
  public enum Code {
    CANCELLED("Canceled"),
    UNKNOWN("Unknown"),
    INVALID_ARGUMENT("InvalidArgument"),
    DEADLINE_EXCEEDED("DeadlineExceeded"),
    NOT_FOUND("NotFound"),
    ALREADY_EXISTS("AlreadyExists"),
    PERMISSION_DENIED("PermissionDenied"),
    RESOURCE_EXHAUSTED("ResourceExhausted"),
    FAILED_PRECONDITION("FailedPrecondition"),
    ABORTED("Aborted"),
    OUT_OF_RANGE("OutOfRange"),
    UNIMPLEMENTED("Unimplemented"),
    INTERNAL("Internal"),
    UNAVAILABLE("Unavailable"),
    DATA_LOSS("DataLoss"),
    UNAUTHENTICATED("Unauthenticated"),
    /** Of a stream alone, which may end without a failure. */
    OK("OK");

    private final String word;

    Code(String word) {
      this.word = word;
    }

    /** As Go writes it. */
    public String word() {
      return word;
    }
  }

  private final Code code;

  public CriException(Code code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  public Code code() {
    return code;
  }

  public boolean isNotFound() {
    return code == Code.NOT_FOUND;
  }

  /** The runtime cannot be reached at all. */
  public boolean isUnavailable() {
    return code == Code.UNAVAILABLE;
  }

  /** As events show it. */
  public String describe() {
    return "rpc error: code = " + code.word + " desc = " + getMessage();
  }
}
