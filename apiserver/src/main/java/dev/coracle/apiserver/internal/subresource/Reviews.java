package dev.coracle.apiserver.internal.subresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authn.Authentication;
import dev.coracle.apiserver.internal.authz.AskedSelectors;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.authz.Authorizer.Verdict;
import dev.coracle.apiserver.internal.authz.PolicyRule;
import dev.coracle.apiserver.internal.authz.RbacAuthorizer;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.verb.Review;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The kinds that are questions: they are answered in their status and never stored. */
public final class Reviews {

  private static final String AUTHORIZATION = ".authorization.k8s.io";

  private final Authentication authentication;
  private final Authorizer authorizer;
  private final RbacAuthorizer rbac;
  private final Clock clock;

  public Reviews(
      Authentication authentication, Authorizer authorizer, RbacAuthorizer rbac, Clock clock) {
    this.authentication = authentication;
    this.authorizer = authorizer;
    this.rbac = rbac;
    this.clock = clock;
  }

  /** By group resource. */
  public Map<String, Review> all() {
    Map<String, Review> out = new HashMap<>();
    Review access = new Access((call, body) -> access(body, user(body)));
    out.put("subjectaccessreviews" + AUTHORIZATION, access);
    out.put("localsubjectaccessreviews" + AUTHORIZATION, access);
    out.put(
        "selfsubjectaccessreviews" + AUTHORIZATION,
        new Access((call, body) -> access(body, call.user())));
    out.put(
        "selfsubjectrulesreviews" + AUTHORIZATION,
        new With("namespace", "no namespace on request", this::rules));
    out.put(
        "tokenreviews.authentication.k8s.io",
        new With("token", "token is required for TokenReview in authentication", this::token));
    out.put("selfsubjectreviews.authentication.k8s.io", this::self);
    return out;
  }

  /** Who may do what: held to the rules of the kind before it is answered. */
  private record Access(Review answers) implements Review {
    @Override
    public void check(Call call, ObjectNode question) {
      List<StatusCause> causes =
          call.type().rules().validate(question, null, "", call.warnings()::add);
      if (!causes.isEmpty()) {
        throw StatusException.invalid(call.type().kind(), "", causes);
      }
    }

    @Override
    public Uni<KubeObject> answer(Call call, ObjectNode question) {
      return answers.answer(call, question);
    }
  }

  /** What can only be asked with a text in its spec. */
  private record With(String field, String missing, Review answers) implements Review {
    @Override
    public void check(Call call, ObjectNode question) {
      if (question.path("spec").path(field).asText("").isEmpty()) {
        throw StatusException.badRequest(missing);
      }
    }

    @Override
    public Uni<KubeObject> answer(Call call, ObjectNode question) {
      return answers.answer(call, question);
    }
  }

  private static UserInfo user(ObjectNode body) {
    JsonNode spec = body.path("spec");
    String name = spec.path("user").asText("");
    List<String> groups = new ArrayList<>();
    spec.path("groups").forEach(g -> groups.add(g.asText()));
    return new UserInfo(name, spec.path("uid").asText(""), groups, extra(spec.path("extra")));
  }

  private static Map<String, List<String>> extra(JsonNode node) {
    Map<String, List<String>> out = new HashMap<>();
    node.properties()
        .forEach(e -> {
          List<String> values = new ArrayList<>();
          e.getValue().forEach(v -> values.add(v.asText()));
          out.put(e.getKey(), values);
        });
    return out;
  }

  private Uni<KubeObject> access(ObjectNode body, UserInfo who) {
    JsonNode resource = body.path("spec").path("resourceAttributes");
    JsonNode path = body.path("spec").path("nonResourceAttributes");
    if (!resource.isObject()) {
      Attributes asked =
          Attributes.path(who, path.path("verb").asText(""), path.path("path").asText(""));
      return authorizer.ask(asked).chain(d -> answer(body, d, ""));
    }
    AskedSelectors selectors = AskedSelectors.of(resource);
    String version = resource.path("version").asText("");
    Attributes asked =
        Attributes.resource(
                who,
                resource.path("verb").asText(""),
                resource.path("group").asText(""),
                resource.path("resource").asText(""),
                resource.path("subresource").asText(""),
                resource.path("namespace").asText(""),
                resource.path("name").asText(""))
            .ofVersion(version.isEmpty() ? "*" : version)
            .limitedTo(selectors.fields(), selectors.labels());
    return authorizer.ask(asked).chain(d -> answer(body, d, selectors.error()));
  }

  private Uni<KubeObject> answer(ObjectNode body, Authorizer.Decision decision, String error) {
    ObjectNode status = body.putObject("status").put("allowed", decision.allowed());
    if (decision.verdict() == Verdict.DENY) {
      status.put("denied", true);
    }
    if (!decision.reason().isEmpty()) {
      status.put("reason", decision.reason());
    }
    String errors =
        decision.error().isEmpty() || error.isEmpty()
            ? decision.error() + error
            : decision.error() + "; " + error;
    if (!errors.isEmpty()) {
      status.put("evaluationError", errors);
    }
    return Uni.createFrom().item(KubeObject.of(body));
  }

  /** A new object without the question: upstream does not repeat it. */
  private static ObjectNode fresh(Call call) {
    ObjectNode out = Json.object();
    out.put("apiVersion", call.type().kind().apiVersion()).put("kind", call.type().kind().kind());
    out.putObject("metadata");
    return out;
  }

  private Uni<KubeObject> rules(Call call, ObjectNode body) {
    String namespace = body.path("spec").path("namespace").asText("");
    ObjectNode answer = fresh(call);
    answer.putObject("spec");
    ObjectNode status = answer.putObject("status");
    ArrayNode resources = status.putArray("resourceRules");
    ArrayNode paths = status.putArray("nonResourceRules");
    for (PolicyRule rule : rbac.rulesFor(call.user(), namespace)) {
      if (rule.paths().isEmpty()) {
        ObjectNode r = resources.addObject();
        texts(r, "verbs", rule.verbs());
        texts(r, "apiGroups", rule.groups());
        texts(r, "resources", rule.resources());
        if (!rule.names().isEmpty()) {
          texts(r, "resourceNames", rule.names());
        }
      } else {
        ObjectNode r = paths.addObject();
        texts(r, "verbs", rule.verbs());
        texts(r, "nonResourceURLs", rule.paths());
      }
    }
    String unlisted = authorizer.unlisted(call.user());
    status.put("incomplete", !unlisted.isEmpty());
    if (!unlisted.isEmpty()) {
      status.put("evaluationError", unlisted);
    }
    return Uni.createFrom().item(KubeObject.of(answer));
  }

  private static void texts(ObjectNode node, String field, Collection<String> values) {
    ArrayNode list = node.putArray(field);
    values.forEach(list::add);
  }

  private Uni<KubeObject> token(Call call, ObjectNode body) {
    JsonNode spec = body.path("spec");
    String token = spec.path("token").asText("");
    List<String> audiences = new ArrayList<>();
    spec.path("audiences").forEach(a -> audiences.add(a.asText()));
    List<String> wanted = audiences.isEmpty() ? authentication.audiences() : audiences;
    return authentication
        .token(token, wanted)
        .map(found -> {
          ObjectNode status = body.putObject("status");
          if (found.isEmpty()) {
            status.putObject("user");
            status.put("error", "[invalid bearer token]");
            return KubeObject.of(body);
          }
          status.put("authenticated", true);
          status.set("user", describe(found.get().user()));
          texts(
              status,
              "audiences",
              found.get().audiences().isEmpty() ? wanted : found.get().audiences());
          return KubeObject.of(body);
        });
  }

  private Uni<KubeObject> self(Call call, ObjectNode body) {
    ObjectNode answer = fresh(call);
    answer
        .withObjectProperty("metadata")
        .put("creationTimestamp", Timestamps.time(clock.instant()));
    answer.putObject("status").set("userInfo", describe(call.user()));
    return Uni.createFrom().item(KubeObject.of(answer));
  }

  private static ObjectNode describe(UserInfo user) {
    ObjectNode out = Json.object().put("username", user.name());
    if (!user.uid().isEmpty()) {
      out.put("uid", user.uid());
    }
    if (!user.groups().isEmpty()) {
      texts(out, "groups", user.groups());
    }
    if (!user.extra().isEmpty()) {
      ObjectNode extra = out.putObject("extra");
      user.extra().forEach((k, v) -> texts(extra, k, v));
    }
    return out;
  }
}
