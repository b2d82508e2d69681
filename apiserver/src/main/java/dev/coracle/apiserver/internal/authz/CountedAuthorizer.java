package dev.coracle.apiserver.internal.authz;

import dev.coracle.apiserver.UserInfo;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;

/** Counts what one authorizer of a server decides; having no opinion is not to decide. */
public final class CountedAuthorizer implements Authorizer {

  private final Authorizer authorizer;
  private final Counter allowed;
  private final Counter denied;

  /**
   * @param type as an AuthorizationConfiguration has it
   */
  public CountedAuthorizer(Authorizer authorizer, String type, String name, MeterRegistry meters) {
    this.authorizer = authorizer;
    this.allowed = counter(meters, type, name, "allowed");
    this.denied = counter(meters, type, name, "denied");
  }

  private static Counter counter(MeterRegistry meters, String type, String name, String decision) {
    return Counter.builder("apiserver_authorization_decisions_total")
        .description(
            "Total number of terminal decisions made by an authorizer split by authorizer type,"
                + " name, and decision.")
        .tag("type", type)
        .tag("name", name)
        .tag("decision", decision)
        .register(meters);
  }

  private Decision counted(Decision decision) {
    switch (decision.verdict()) {
      case ALLOW -> allowed.increment();
      case DENY -> denied.increment();
      case NO_OPINION, UNASKED -> {}
    }
    return decision;
  }

  @Override
  public Decision decide(Attributes attributes) {
    return counted(authorizer.decide(attributes));
  }

  @Override
  public Uni<Decision> ask(Attributes attributes) {
    return authorizer.ask(attributes).map(this::counted);
  }

  @Override
  public String unlisted(UserInfo user) {
    return authorizer.unlisted(user);
  }
}
