package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.GoQuote;
import dev.coracle.api.GoText;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.watchhub.StorageException;
import java.util.List;

/** The one place where a storage's failures become Statuses. */
final class Failures {

  private Failures() {}

  static Throwable status(Throwable failure, GroupResource resource, String name) {
    if (!(failure instanceof StorageException storage)) {
      return failure;
    }
    return switch (storage) {
      case StorageException.KeyExists _ -> StatusException.alreadyExists(resource, name);
      case StorageException.KeyNotFound _ -> StatusException.notFound(resource, name);
      case StorageException.Conflict _ -> StatusException.modified(resource, name);
      case StorageException.Compacted e -> StatusException.expired(e.getMessage());
      case StorageException.FutureRevision e -> StatusException.badRequest(e.getMessage());
      case StorageException.TooLarge e ->
          StatusException.of(StatusReason.REQUEST_ENTITY_TOO_LARGE, e.getMessage());
      case StorageException.NoSpace e ->
          StatusException.of(
              StatusReason.INSUFFICIENT_STORAGE, "the storage is full: " + e.getMessage());
      case StorageException.Unavailable e ->
          StatusException.unavailable("the storage is unavailable: " + e.getMessage());
      case StorageException.Corrupt e -> StatusException.internal(e.getMessage());
    };
  }

  /** The cache has not seen this revision in time. */
  static StatusException tooLarge(long asked, long current) {
    Status status =
        Status.failure(
                StatusReason.TIMEOUT,
                "Timeout: Too large resource version: " + asked + ", current: " + current)
            .withCauses(
                List.of(
                    new StatusCause("ResourceVersionTooLarge", "Too large resource version", "")))
            .withRetryAfter(1);
    return new StatusException(status);
  }

  static long revision(String resourceVersion) {
    boolean digits = resourceVersion.matches("[0-9]+");
    try {
      if (digits) {
        return Long.parseLong(resourceVersion);
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw StatusException.badRequest(
        "invalid resource version: resourceVersion: Invalid value: "
            + GoQuote.of(resourceVersion)
            + ": "
            + GoText.noUint(resourceVersion));
  }
}
