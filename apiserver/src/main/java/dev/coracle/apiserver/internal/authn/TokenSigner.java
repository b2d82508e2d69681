package dev.coracle.apiserver.internal.authn;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.smallrye.mutiny.Uni;
import java.util.List;

/**
 * Signs service account tokens, and knows by which keys they are checked. Safe on any thread, and
 * none waits.
 */
public interface TokenSigner {

  /** To be called before anything else. */
  default Uni<Void> start() {
    return Uni.createFrom().voidItem();
  }

  default void stop() {}

  /** A compact JWS of these claims; fails with words for the user. */
  Uni<String> sign(ObjectNode claims);

  /** Whether a token is signed with one of the keys. */
  Uni<Boolean> verifies(JsonWebToken token);

  /** The public keys for others, as JSON web keys. */
  List<ObjectNode> published();

  /** For how long a token may be good at most. */
  long longestSeconds();
}
