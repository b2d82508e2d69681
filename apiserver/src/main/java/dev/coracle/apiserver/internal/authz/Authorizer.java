package dev.coracle.apiserver.internal.authz;

/** Decides from what is in memory; never blocks. */
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

    public boolean allowed() {
      return verdict == Verdict.ALLOW;
    }
  }

  /** No opinion leaves the decision to the next authorizer; the last one's is a refusal. */
  enum Verdict {
    ALLOW,
    DENY,
    NO_OPINION
  }

  Decision decide(Attributes attributes);

  /** The first that has an opinion. */
  static Authorizer chain(java.util.List<Authorizer> authorizers) {
    return attributes -> {
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
    };
  }
}
