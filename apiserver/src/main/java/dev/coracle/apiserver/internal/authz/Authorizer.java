package dev.coracle.apiserver.internal.authz;

import dev.coracle.apiserver.UserInfo;
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
   * @param error what kept an authorizer from deciding; empty where nothing did
   */
  record Decision(Verdict verdict, String reason, String error) {

    public static final Decision NO_OPINION = new Decision(Verdict.NO_OPINION, "");

    public Decision(Verdict verdict, String reason) {
      this(verdict, reason, "");
    }

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

  /** Why not all rules of a user can be listed; empty where they can. */
  default String unlisted(UserInfo user) {
    return "";
  }

  /** The first that has an opinion. */
  static Authorizer chain(List<Authorizer> authorizers) {
    return new AuthorizerChain(authorizers);
  }
}
