package dev.coracle.apiserver.internal.authn;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.config.ApiServerOptions.StaticToken;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tokens given at the start; compared in constant time. */
public final class StaticTokens implements Authenticator {

  private final List<StaticToken> tokens;

  public StaticTokens(List<StaticToken> tokens) {
    this.tokens = List.copyOf(tokens);
  }

  @Override
  public Uni<Optional<Result>> authenticate(String token, List<String> audiences) {
    byte[] given = token.getBytes(StandardCharsets.UTF_8);
    Optional<Result> found = Optional.empty();
    for (StaticToken known : tokens) {
      if (MessageDigest.isEqual(known.token().getBytes(StandardCharsets.UTF_8), given)) {
        List<String> groups = new ArrayList<>(known.groups());
        groups.add(UserInfo.AUTHENTICATED);
        found =
            Optional.of(new Result(new UserInfo(known.user(), "", groups, Map.of()), List.of()));
      }
    }
    return Uni.createFrom().item(found);
  }
}
