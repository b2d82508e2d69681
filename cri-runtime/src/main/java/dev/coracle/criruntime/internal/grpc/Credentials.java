package dev.coracle.criruntime.internal.grpc;

import dev.coracle.cri.v1.AuthConfig;
import dev.coracle.criruntime.internal.image.RegistryAuth;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** CRI's AuthConfig as the registry client's credentials. */
final class Credentials {
  private Credentials() {}

  static RegistryAuth of(AuthConfig auth) {
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
}
