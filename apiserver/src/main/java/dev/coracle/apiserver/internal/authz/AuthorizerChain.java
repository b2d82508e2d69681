package dev.coracle.apiserver.internal.authz;

import dev.coracle.apiserver.UserInfo;
import io.smallrye.mutiny.Uni;
import java.util.List;

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
    Decision last = Decision.NO_OPINION;
    for (Authorizer a : authorizers) {
      Decision decision = a.decide(attributes);
      if (decision.verdict() != Verdict.NO_OPINION) {
        return decision;
      }
      last = and(last, decision);
    }
    return last;
  }

  private static Decision and(Decision first, Decision next) {
    return new Decision(
        Verdict.NO_OPINION,
        joined("\n", first.reason(), next.reason()),
        joined(", ", first.error(), next.error()));
  }

  private static String joined(String between, String first, String next) {
    return first.isEmpty() || next.isEmpty() ? first + next : first + between + next;
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
                ? ask(attributes, from + 1, and(last, decision))
                : Uni.createFrom().item(decision));
  }

  @Override
  public String unlisted(UserInfo user) {
    List<String> why =
        authorizers.stream()
            .map(a -> a.unlisted(user))
            .filter(text -> !text.isEmpty())
            .distinct()
            .toList();
    return why.size() < 2 ? String.join("", why) : "[" + String.join(", ", why) + "]";
  }
}
