package dev.coracle.kubelet.internal.image.provider;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.kubelet.config.CredentialProviders.TokenAttributes;
import dev.coracle.kubelet.internal.image.PullCredential.ServiceAccount;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.volume.Tokens;
import io.smallrye.mutiny.TimeoutException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/** Service accounts of pods, and tokens of theirs for programs. */
public final class PodAccounts {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /**
   * @param annotations those the program wants
   * @param token bound to the pod
   */
  record Account(ServiceAccount who, Map<String, String> annotations, String token) {
    @Override
    public String toString() {
      return "Account[" + who + "]";
    }
  }

  private final Client client;
  private final Tokens tokens;

  public PodAccounts(Client client, Clock clock, RandomGenerator random) {
    this.client = client;
    // Of its own: nothing in a pod is made of these, so none is asked for before it is needed.
    this.tokens = new Tokens(client, clock, random);
  }

  /** Blocks. Empty when the account has not the annotations that the program requires. */
  Optional<Account> of(Pod pod, String name, TokenAttributes wanted) {
    try {
      KubeObject account =
          client.get(Resources.SERVICE_ACCOUNTS, pod.namespace(), name).await().atMost(LIMIT);
      Map<String, String> annotations = new TreeMap<>();
      for (String key : wanted.requiredKeys()) {
        String value = account.annotations().get(key);
        if (value == null) {
          return Optional.empty();
        }
        annotations.put(key, value);
      }
      for (String key : wanted.optionalKeys()) {
        String value = account.annotations().get(key);
        if (value != null) {
          annotations.put(key, value);
        }
      }
      String token = tokens.token(pod, Json.object().put("audience", wanted.audience()));
      return Optional.of(
          new Account(
              new ServiceAccount(account.uid(), pod.namespace(), name), annotations, token));
    } catch (StatusException | TimeoutException e) {
      throw new PluginFailure(
          "cannot get the service account "
              + pod.namespace()
              + "/"
              + name
              + " or a token of it: "
              + e.getMessage());
    }
  }

  /** The pod needs nothing any more. */
  public void forget(String podUid) {
    tokens.forget(podUid);
  }
}
