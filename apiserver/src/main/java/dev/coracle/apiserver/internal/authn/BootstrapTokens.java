package dev.coracle.apiserver.internal.authn;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tokens by which machines join, kept as Secrets (Kubernetes docs, "Authenticating with Bootstrap
 * Tokens").
 */
public final class BootstrapTokens implements Authenticator {

  private static final Pattern FORM = Pattern.compile("([a-z0-9]{6})\\.([a-z0-9]{16})");

  private final ResourceStore store;
  private final Clock clock;

  public BootstrapTokens(ResourceStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  @Override
  public Uni<Optional<Result>> authenticate(String token, List<String> audiences) {
    Matcher m = FORM.matcher(token);
    if (!m.matches()) {
      return Uni.createFrom().item(Optional.empty());
    }
    NamespacedName secret = new NamespacedName("kube-system", "bootstrap-token-" + m.group(1));
    return store
        .get(new GroupResource("", "secrets"), secret)
        .map(o -> check(o, m.group(1), m.group(2)))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Optional.empty());
  }

  private Optional<Result> check(KubeObject secret, String id, String word) {
    byte[] known = data(secret, "token-secret").getBytes(StandardCharsets.UTF_8);
    boolean good =
        secret.text("type").equals("bootstrap.kubernetes.io/token")
            && !secret.isDeleting()
            && data(secret, "token-id").equals(id)
            && MessageDigest.isEqual(known, word.getBytes(StandardCharsets.UTF_8))
            && data(secret, "usage-bootstrap-authentication").equals("true");
    String expiration = data(secret, "expiration");
    if (good && !expiration.isEmpty()) {
      Instant end = Timestamps.parse(expiration);
      good = end != null && end.isAfter(clock.instant());
    }
    if (!good) {
      return Optional.empty();
    }
    List<String> groups = new ArrayList<>(List.of("system:bootstrappers"));
    for (String group : data(secret, "auth-extra-groups").split(",")) {
      if (group.startsWith("system:bootstrappers:")) {
        groups.add(group);
      }
    }
    groups.add(UserInfo.AUTHENTICATED);
    return Optional.of(
        new Result(new UserInfo("system:bootstrap:" + id, "", groups, Map.of()), List.of()));
  }

  private static String data(KubeObject secret, String key) {
    try {
      return new String(
          Base64.getDecoder().decode(secret.text("data", key)), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
