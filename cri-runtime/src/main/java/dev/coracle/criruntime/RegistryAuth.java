package dev.coracle.criruntime;

import dev.coracle.cri.v1.AuthConfig;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Credentials for a registry; empty strings for what there is not. Never printed. */
public record RegistryAuth(
    String username, String password, String identityToken, String registryToken) {
  public static final RegistryAuth NONE = new RegistryAuth("", "", "", "");

  /**
   * CRI's credentials; user and password may stand in one field.
   *
   * @throws IllegalArgumentException when that field is malformed
   */
  public static RegistryAuth of(AuthConfig auth) {
    String user = auth.getUsername();
    String password = auth.getPassword();
    if (user.isEmpty() && !auth.getAuth().isEmpty()) {
      String decoded =
          new String(Base64.getDecoder().decode(auth.getAuth()), StandardCharsets.UTF_8);
      int colon = decoded.indexOf(':');
      if (colon < 0) {
        throw new IllegalArgumentException("auth is not base64 of user:password");
      }
      user = decoded.substring(0, colon);
      password = decoded.substring(colon + 1);
    }
    return new RegistryAuth(user, password, auth.getIdentityToken(), auth.getRegistryToken());
  }

  @Override
  public String toString() {
    return "RegistryAuth[" + (username.isEmpty() ? "anonymous" : username) + "]";
  }
}
