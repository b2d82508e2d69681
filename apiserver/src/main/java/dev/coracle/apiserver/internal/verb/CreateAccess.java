package dev.coracle.apiserver.internal.verb;

import dev.coracle.api.GroupResource;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import io.smallrye.mutiny.Uni;

/**
 * Whoever updates or applies what is not there creates it, and has to be allowed to do that too.
 */
final class CreateAccess {

  private final Authorizer authorizer;

  CreateAccess(Authorizer authorizer) {
    this.authorizer = authorizer;
  }

  /** Fails, or throws, with 403 for whoever may not. */
  Uni<Void> check(Call call) {
    GroupResource what = call.type().groupResource();
    Attributes create =
        Attributes.resource(
                call.user(),
                "create",
                what.group(),
                what.resource(),
                "",
                call.namespace(),
                call.name())
            .ofVersion(call.type().kind().version());
    Authorizer.Decision decision = authorizer.decide(create);
    if (decision.open()) {
      return authorizer
          .ask(create)
          .invoke(answer -> refuseUnless(answer, create))
          .replaceWithVoid();
    }
    refuseUnless(decision, create);
    return Backstage.DONE;
  }

  private static void refuseUnless(Authorizer.Decision decision, Attributes create) {
    if (!decision.allowed()) {
      throw create.forbidden(decision.reason());
    }
  }
}
