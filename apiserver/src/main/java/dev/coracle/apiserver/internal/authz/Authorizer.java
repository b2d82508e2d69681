package dev.coracle.apiserver.internal.authz;

import io.smallrye.mutiny.Uni;
import java.util.List;

/**
 * Says what somebody may. {@link #decide} knows what is in memory, {@link #ask} also asks services
 * and the store; neither blocks.
 */
@FunctionalInterface
public interface Authorizer {

  /**
   * @param reason why, empty where there is nothing to say
   */
  record Decision(Verdict verdict, String reason) {

    public static final Decision NO_OPINION = new Decision(Verdict.NO_OPINION, "");

    public static Decision allow(String reason) {
      return new Decision(Verdict.ALLOW, reason);
    }

    /** A service or the store must be asked first. */
    public boolean open() {
      return verdict == Verdict.UNASKED;
    }

    public boolean allowed() {
      return verdict == Verdict.ALLOW;
    }
  }

  /**
   * No opinion leaves the decision to the next authorizer; the last one's is a refusal. Unasked is
   * never an answer of {@link #ask}, and a refusal for whoever cannot wait.
   */
  enum Verdict {
    ALLOW,
    DENY,
    NO_OPINION,
    UNASKED
  }

  Decision decide(Attributes attributes);

  default Uni<Decision> ask(Attributes attributes) {
    return Uni.createFrom().item(decide(attributes));
  }

  /** Whether services decide too, whose rules cannot be listed. */
  default boolean asksServices() {
    return false;
  }

  /** The first that has an opinion. */
  static Authorizer chain(List<Authorizer> authorizers) {
    return new AuthorizerChain(authorizers);
  }
}
