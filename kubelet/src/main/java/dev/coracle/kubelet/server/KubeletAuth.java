package dev.coracle.kubelet.server;

import io.smallrye.mutiny.Uni;
import java.util.Optional;

/**
 * Asks the cluster who a bearer token belongs to (TokenReview) and what a user may do
 * (SubjectAccessReview). Called on event loops: must not block. A failed Uni becomes a 500, never
 * an allowed request. Callers do not cache; {@link CachingKubeletAuth} does.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/">Kubelet
 *     authentication/authorization</a>
 */
public interface KubeletAuth {
  /** The user of a bearer token, empty when the token is not valid. */
  Uni<Optional<UserInfo>> authenticate(String bearerToken);

  /** Whether the user may do this. */
  Uni<Boolean> authorize(UserInfo user, NodeAttributes attributes);

  /** Knows no token and allows nobody: only client certificates of trusted users get in. */
  KubeletAuth DENY =
      new KubeletAuth() {
        @Override
        public Uni<Optional<UserInfo>> authenticate(String bearerToken) {
          return Uni.createFrom().item(Optional.empty());
        }

        @Override
        public Uni<Boolean> authorize(UserInfo user, NodeAttributes attributes) {
          return Uni.createFrom().item(false);
        }
      };
}
