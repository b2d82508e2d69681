package dev.coracle.apiserver.internal.subresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.authn.ServiceAccountTokens;
import dev.coracle.apiserver.internal.authn.ServiceAccountTokens.Bound;
import dev.coracle.apiserver.internal.authn.ServiceAccountTokens.Issued;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.verb.ObjectSubresource;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code serviceaccounts/token}: issues a token that is bound to a Pod, Node or Secret, or to none.
 */
public final class TokenSubresource implements ObjectSubresource {

  private static final GroupVersionKind KIND =
      new GroupVersionKind("authentication.k8s.io", "v1", "TokenRequest");

  /** In the audit log: which token later requests come with (KEP-4193). */
  private static final String ISSUED_CREDENTIAL =
      "authentication.kubernetes.io/issued-credential-id";

  private static final long SHORTEST = 600;
  private static final long LONGEST = 1L << 32;

  private final ResourceStore store;
  private final ServiceAccountTokens tokens;
  private final List<String> audiences;

  /**
   * @param audiences those of the server, for requests that name none
   */
  public TokenSubresource(
      ResourceStore store, ServiceAccountTokens tokens, List<String> audiences) {
    this.store = store;
    this.tokens = tokens;
    this.audiences = List.copyOf(audiences);
  }

  @Override
  public Uni<KubeObject> create(Call call, ObjectNode body) {
    own(call, body.path("metadata"));
    return store.get(call.type().stored(), call.key()).chain(account -> issue(call, account, body));
  }

  /** What names an account names the one that is asked. */
  private static void own(Call call, JsonNode metadata) {
    FieldErrors errors = new FieldErrors();
    String name = metadata.path("name").asText("");
    String namespace = metadata.path("namespace").asText("");
    if (!name.isEmpty() && !name.equals(call.name())) {
      errors.invalid(
          FieldPath.METADATA, "name", name, "must match the service account name if specified");
    } else if (!namespace.isEmpty() && !namespace.equals(call.namespace())) {
      errors.invalid(
          FieldPath.METADATA,
          "namespace",
          namespace,
          "must match the service account namespace if specified");
    }
    if (!errors.isEmpty()) {
      throw StatusException.invalid(KIND, call.name(), errors.causes());
    }
  }

  private Uni<KubeObject> issue(Call call, KubeObject account, ObjectNode body) {
    String uid = body.path("metadata").path("uid").asText("");
    if (!uid.isEmpty() && !uid.equals(account.uid())) {
      throw StatusException.conflict(
          new GroupResource(KIND.group(), KIND.kind()),
          call.name(),
          "the UID in the token request ("
              + uid
              + ") does not match the UID of the service account ("
              + account.uid()
              + ")");
    }
    ObjectNode spec = body.withObjectProperty("spec");
    long seconds = shortened(call, seconds(spec));
    spec.put("expirationSeconds", seconds);
    List<String> wanted = new ArrayList<>();
    spec.path("audiences").forEach(a -> wanted.add(a.asText()));
    if (wanted.isEmpty()) {
      wanted.addAll(audiences);
      var list = spec.putArray("audiences");
      audiences.forEach(list::add);
    }
    return bound(call, account, spec.path("boundObjectRef"))
        .chain(b ->
            tokens
                .issue(account, wanted, b, seconds, isExtended(seconds, wanted, b))
                .onFailure(e -> !(e instanceof StatusException))
                .transform(
                    e -> StatusException.internal("failed to generate token: " + e.getMessage())))
        .invoke(
            issued -> call.warnings().notes().note(ISSUED_CREDENTIAL, issued.credential(), false))
        .map(issued -> answer(body, issued));
  }

  /**
   * Whether it is what every Pod is given for the API, which programs that read it once go on with
   * when it should have been read again (ADR 0301).
   */
  private boolean isExtended(long seconds, List<String> wanted, List<Bound> bound) {
    return seconds == ServiceAccountTokens.PROJECTED_SECONDS
        && audiences.containsAll(wanted)
        && bound.stream().anyMatch(b -> b.kind().equals("Pod"));
  }

  /** To what whoever signs it allows. */
  private long shortened(Call call, long seconds) {
    long longest = tokens.longestSeconds();
    if (seconds <= longest) {
      return seconds;
    }
    call.warnings()
        .add(
            "requested expiration of " + seconds + " seconds shortened to " + longest + " seconds");
    return longest;
  }

  private static long seconds(JsonNode spec) {
    long seconds = spec.path("expirationSeconds").asLong(3600);
    FieldErrors errors = new FieldErrors();
    if (seconds < SHORTEST) {
      errors.invalid(
          FieldPath.SPEC,
          "expirationSeconds",
          seconds,
          "may not specify a duration less than 10 minutes");
    }
    if (seconds > LONGEST) {
      errors.invalid(
          FieldPath.SPEC,
          "expirationSeconds",
          seconds,
          "may not specify a duration larger than 2^32 seconds");
    }
    if (!errors.isEmpty()) {
      throw StatusException.invalid(KIND, "", errors.causes());
    }
    return seconds;
  }

  private static KubeObject answer(ObjectNode body, Issued issued) {
    ObjectNode metadata = body.withObjectProperty("metadata");
    metadata.putNull("creationTimestamp");
    ObjectNode status = body.putObject("status").put("token", issued.token());
    status.put("expirationTimestamp", Timestamps.time(issued.expires()));
    return KubeObject.of(body);
  }

  private Uni<List<Bound>> bound(Call call, KubeObject account, JsonNode reference) {
    if (!reference.isObject()) {
      return Uni.createFrom().item(List.of());
    }
    String kind = reference.path("kind").asText("");
    String name = reference.path("name").asText("");
    String resource =
        switch (kind) {
          case "Pod" -> "pods";
          case "Secret" -> "secrets";
          case "Node" -> "nodes";
          default ->
              throw StatusException.badRequest(
                  "cannot bind token for serviceaccount to object of type "
                      + GroupVersionKind.of(reference.path("apiVersion").asText(""), kind));
        };
    String namespace = kind.equals("Node") ? "" : call.namespace();
    GroupResource groupResource = new GroupResource("", resource);
    return store
        .get(groupResource, new NamespacedName(namespace, name))
        .chain(object -> bind(account, groupResource, reference, kind, object));
  }

  private Uni<List<Bound>> bind(
      KubeObject account,
      GroupResource resource,
      JsonNode reference,
      String kind,
      KubeObject object) {
    String uid = reference.path("uid").asText("");
    if (!uid.isEmpty() && !uid.equals(object.uid())) {
      throw StatusException.conflict(
          resource,
          object.name(),
          "the UID in the bound object reference ("
              + uid
              + ") does not match the UID in record. The object might have been deleted and then"
              + " recreated");
    }
    Bound bound = new Bound(kind, object.name(), object.uid());
    if (!kind.equals("Pod")) {
      return Uni.createFrom().item(List.of(bound));
    }
    String runsAs = object.text("spec", "serviceAccountName");
    if (!runsAs.equals(account.name())) {
      throw StatusException.badRequest(
          "cannot bind token for serviceaccount \""
              + account.name()
              + "\" to pod running with different serviceaccount name.");
    }
    String node = object.text("spec", "nodeName");
    if (node.isEmpty()) {
      return Uni.createFrom().item(List.of(bound));
    }
    return store
        .get(new GroupResource("", "nodes"), new NamespacedName("", node))
        .map(n -> List.of(bound, new Bound("Node", node, n.uid())))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(List.of(bound));
  }
}
