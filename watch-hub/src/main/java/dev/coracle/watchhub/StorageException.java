package dev.coracle.watchhub;

/**
 * Why the storage refused. The one place that turns it into a Status is the {@link ResourceStore}.
 */
public abstract sealed class StorageException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private StorageException(String message) {
    super(message, null, false, false);
  }

  private StorageException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }

  /** A create met an existing key. */
  public static final class KeyExists extends StorageException {
    private static final long serialVersionUID = 1L;

    public KeyExists(String key) {
      super("key exists: " + key);
    }
  }

  /** The key is not there. */
  public static final class KeyNotFound extends StorageException {
    private static final long serialVersionUID = 1L;

    public KeyNotFound(String key) {
      super("key not found: " + key);
    }
  }

  /** A precondition did not hold; nothing was written. */
  public static final class Conflict extends StorageException {
    private static final long serialVersionUID = 1L;

    public Conflict(String key) {
      super("key has changed: " + key);
    }
  }

  /** The revision asked for is older than what is kept. */
  public static final class Compacted extends StorageException {
    private static final long serialVersionUID = 1L;
    private final long compactRevision;

    public Compacted(long compactRevision) {
      super("required revision has been compacted; the oldest kept is " + compactRevision);
      this.compactRevision = compactRevision;
    }

    public long compactRevision() {
      return compactRevision;
    }
  }

  /** The revision asked for lies in the future. */
  public static final class FutureRevision extends StorageException {
    private static final long serialVersionUID = 1L;

    public FutureRevision(long asked, long current) {
      super("revision " + asked + " is ahead of the store's " + current);
    }
  }

  /** No room: the disk is full or the cap is reached. Reads go on. */
  public static final class NoSpace extends StorageException {
    private static final long serialVersionUID = 1L;

    public NoSpace(String message) {
      super(message);
    }
  }

  /** The value is larger than the store takes. */
  public static final class TooLarge extends StorageException {
    private static final long serialVersionUID = 1L;

    public TooLarge(String key, long size, long limit) {
      super("request is too large: " + key + " has " + size + " bytes, at most " + limit);
    }
  }

  /**
   * The store does not answer, or answered that it cannot now; whether a write happened is not
   * known.
   */
  public static final class Unavailable extends StorageException {
    private static final long serialVersionUID = 1L;

    public Unavailable(String message, Throwable cause) {
      super(message, cause);
    }

    public Unavailable(String message) {
      super(message);
    }
  }

  /**
   * The data on disk is damaged, foreign or of a newer format; the message says what can be done.
   */
  public static final class Corrupt extends StorageException {
    private static final long serialVersionUID = 1L;

    public Corrupt(String message) {
      super(message);
    }
  }
}
