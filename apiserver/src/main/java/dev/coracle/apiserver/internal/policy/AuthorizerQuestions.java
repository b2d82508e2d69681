package dev.coracle.apiserver.internal.policy;

import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.cel.AuthorizerLibrary.Asking;
import dev.coracle.cel.AuthorizerLibrary.Decision;
import dev.coracle.cel.AuthorizerLibrary.ResourceCheck;
import java.util.List;
import java.util.Map;

/** The {@code authorizer} of expressions: what this server's authorizers say about a user. */
record AuthorizerQuestions(Authorizer authorizer, UserInfo user) implements Asking {

  @Override
  public Decision path(String path, String verb) {
    return decide(Attributes.path(user, verb, path));
  }

  @Override
  public Decision resource(ResourceCheck c, String verb) {
    return decide(
        Attributes.resource(
                user, verb, c.group(), c.resource(), c.subresource(), c.namespace(), c.name())
            .limitedTo(
                FieldSelector.parseOrEverything(c.fieldSelector()),
                LabelSelector.parseOrEverything(c.labelSelector())));
  }

  @Override
  public Asking serviceAccount(String namespace, String name) {
    return new AuthorizerQuestions(
        authorizer,
        new UserInfo(
            "system:serviceaccount:" + namespace + ":" + name,
            "",
            List.of(
                UserInfo.SERVICE_ACCOUNTS,
                UserInfo.SERVICE_ACCOUNTS + ":" + namespace,
                UserInfo.AUTHENTICATED),
            Map.of()));
  }

  private Decision decide(Attributes asked) {
    Authorizer.Decision decision = authorizer.decide(asked);
    return new Decision(decision.allowed(), decision.reason());
  }
}
