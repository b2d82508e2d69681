package dev.coracle.apiserver.internal.authz;

import dev.coracle.api.Aggregate;
import dev.coracle.apiserver.UserInfo;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Authorizers in the order in which they are asked; the first that has an opinion decides. Where
 * none has, all of their reasons and errors are told.
 */
final class AuthorizerChain implements Authorizer {

  private final List<Authorizer> authorizers;

  AuthorizerChain(List<Authorizer> authorizers) {
    this.authorizers = List.copyOf(authorizers);
  }

  @Override
  public Decision decide(Attributes attributes) {
    List<Decision> none = new ArrayList<>(authorizers.size());
    for (Authorizer a : authorizers) {
      Decision decision = a.decide(attributes);
      if (decision.verdict() != Verdict.NO_OPINION) {
        return decision;
      }
      none.add(decision);
    }
    return undecided(none);
  }

  private static Decision undecided(List<Decision> all) {
    return new Decision(
        Verdict.NO_OPINION,
        all.stream()
            .map(Decision::reason)
            .filter(text -> !text.isEmpty())
            .collect(Collectors.joining("\n")),
        Aggregate.of(all.stream().map(Decision::error).toList()));
  }

  @Override
  public Uni<Decision> ask(Attributes attributes) {
    return ask(attributes, new ArrayList<>(authorizers.size()));
  }

  /**
   * @param none those before, one of each authorizer
   */
  private Uni<Decision> ask(Attributes attributes, List<Decision> none) {
    if (none.size() == authorizers.size()) {
      return Uni.createFrom().item(undecided(none));
    }
    return authorizers
        .get(none.size())
        .ask(attributes)
        .chain(decision -> {
          if (decision.verdict() != Verdict.NO_OPINION) {
            return Uni.createFrom().item(decision);
          }
          none.add(decision);
          return ask(attributes, none);
        });
  }

  @Override
  public String unlisted(UserInfo user) {
    return Aggregate.of(authorizers.stream().map(a -> a.unlisted(user)).toList());
  }
}
