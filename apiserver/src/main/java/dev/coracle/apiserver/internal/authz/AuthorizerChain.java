package dev.coracle.apiserver.internal.authz;

import io.smallrye.mutiny.Uni;
import java.util.List;

/** Authorizers in the order in which they are asked; the first that has an opinion decides. */
final class AuthorizerChain implements Authorizer {

  private final List<Authorizer> authorizers;

  AuthorizerChain(List<Authorizer> authorizers) {
    this.authorizers = List.copyOf(authorizers);
  }

  @Override
  public Decision decide(Attributes attributes) {
    Decision last = Decision.NO_OPINION;
    for (Authorizer a : authorizers) {
      Decision decision = a.decide(attributes);
      if (decision.verdict() != Verdict.NO_OPINION) {
        return decision;
      }
      if (!decision.reason().isEmpty()) {
        last = decision;
      }
    }
    return last;
  }

  @Override
  public Uni<Decision> ask(Attributes attributes) {
    return ask(attributes, 0, Decision.NO_OPINION);
  }

  private Uni<Decision> ask(Attributes attributes, int from, Decision last) {
    if (from == authorizers.size()) {
      return Uni.createFrom().item(last);
    }
    return authorizers
        .get(from)
        .ask(attributes)
        .chain(decision ->
            decision.verdict() == Verdict.NO_OPINION
                ? ask(attributes, from + 1, decision.reason().isEmpty() ? last : decision)
                : Uni.createFrom().item(decision));
  }

  @Override
  public boolean asksServices() {
    return authorizers.stream().anyMatch(Authorizer::asksServices);
  }
}
