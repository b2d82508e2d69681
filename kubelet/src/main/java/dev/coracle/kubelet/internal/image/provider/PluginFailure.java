package dev.coracle.kubelet.internal.image.provider;

/** A program gave no credentials. The message may be logged: it holds none either. */
final class PluginFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PluginFailure(String message) {
    super(message, null, false, false);
  }
}
