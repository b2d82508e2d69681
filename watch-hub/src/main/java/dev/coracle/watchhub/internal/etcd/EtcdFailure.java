package dev.coracle.watchhub.internal.etcd;

import dev.coracle.watchhub.StorageException;
import io.vertx.grpc.common.GrpcStatus;

/** A call that etcd answered with a status, or that got no answer at all. */
final class EtcdFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  final GrpcStatus status;

  /** Whether the request surely had no effect. */
  final boolean harmless;

  EtcdFailure(GrpcStatus status, String message, boolean harmless) {
    super(message, null, false, false);
    this.status = status;
    this.harmless = harmless;
  }

  private boolean says(String text) {
    return String.valueOf(getMessage()).contains(text);
  }

  boolean tokenInvalid() {
    return status == GrpcStatus.UNAUTHENTICATED || says("invalid auth token");
  }

  /** The user may not do this. */
  boolean denied() {
    return status == GrpcStatus.PERMISSION_DENIED || says("permission denied");
  }

  /** Another endpoint, or the same one a little later, may answer better. */
  boolean elsewhere() {
    return status == GrpcStatus.UNAVAILABLE
        || status == GrpcStatus.DEADLINE_EXCEEDED
        || says("no leader")
        || says("leader changed");
  }

  /** etcd refused before it proposed anything. */
  boolean notProposed() {
    return harmless || says("no leader") || says("not leader") || says("too many requests");
  }

  /**
   * @param what the key or lease that was asked for
   * @param revision the revision asked for
   */
  StorageException storage(String what, long revision) {
    String message = String.valueOf(getMessage());
    if (says("has been compacted")) {
      return new StorageException.Compacted(0);
    }
    if (says("future revision")) {
      return new StorageException.FutureRevision(revision, 0);
    }
    if (says("lease not found")) {
      return new StorageException.KeyNotFound(what);
    }
    if (says("lease already exists")) {
      return new StorageException.KeyExists(what);
    }
    if (says("database space exceeded")) {
      return new StorageException.NoSpace(message);
    }
    if (says("request is too large")) {
      return new StorageException.TooLarge(what, 0, 0);
    }
    return new StorageException.Unavailable("etcd: " + message, this);
  }
}
