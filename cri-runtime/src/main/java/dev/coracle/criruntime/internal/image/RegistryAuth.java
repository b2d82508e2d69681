package dev.coracle.criruntime.internal.image;

/** Credentials for a registry; empty strings for what there is not. Never printed. */
public record RegistryAuth(
    String username, String password, String identityToken, String registryToken) {
  public static final RegistryAuth NONE = new RegistryAuth("", "", "", "");

  @Override
  public String toString() {
    return "RegistryAuth[" + (username.isEmpty() ? "anonymous" : username) + "]";
  }
}
