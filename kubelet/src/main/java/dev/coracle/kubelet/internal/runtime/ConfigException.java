package dev.coracle.kubelet.internal.runtime;

/** A container cannot be made as its spec wants it; the message goes to its status and an event. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ConfigException(String message) {
    super(message, null, false, false);
  }
}
