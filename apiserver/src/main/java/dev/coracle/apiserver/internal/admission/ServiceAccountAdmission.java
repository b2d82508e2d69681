package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.authn.ServiceAccountTokens;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.apiserver.internal.verb.Metadata;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives every Pod a service account and, unless it declines, a volume with a token of it
 * (Kubernetes docs, "Managing Service Accounts"). A service account that is about to be made, as in
 * a fresh namespace, is waited for a moment. An account may limit which secrets its Pods read.
 */
final class ServiceAccountAdmission implements AdmissionPlugin {

  private static final String MIRROR = "kubernetes.io/config.mirror";
  private static final String DEBUGGED = "ephemeralcontainers";
  private static final String DEBUGGED_FIELD = "ephemeralContainers";
  private static final String MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
  private static final String PREFIX = "kube-api-access-";
  private static final long PATIENCE_MILLIS = 1000;

  private final LiveCache accounts;

  ServiceAccountAdmission(LiveCache accounts) {
    this.accounts = accounts;
  }

  @Override
  public String name() {
    return "ServiceAccount";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    ObjectNode pod = request.object();
    if (pod == null || !request.createsPod()) {
      return Backstage.DONE;
    }
    ObjectNode spec = pod.withObjectProperty("spec");
    if (isMirror(pod)) {
      checkMirror(request, spec);
      return Backstage.DONE;
    }
    String named = spec.path("serviceAccountName").asText("");
    String name = named.isEmpty() ? "default" : named;
    spec.put("serviceAccountName", name).put("serviceAccount", name);
    return with(
        request,
        name,
        account -> {
          equip(spec, account);
          limit(request, account, () -> PodSecrets.refusal(account, spec));
        });
  }

  /** Webhooks may have changed what is read, and by which account. */
  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode pod = request.object();
    boolean debugs = request.operation() == Operation.UPDATE && request.isOfPod(DEBUGGED);
    if (pod == null || !debugs && !request.createsPod()) {
      return Backstage.DONE;
    }
    JsonNode spec = pod.path("spec");
    if (!debugs && isMirror(pod)) {
      checkMirror(request, spec);
      return Backstage.DONE;
    }
    String name = spec.path("serviceAccountName").asText("");
    if (name.isEmpty()) {
      throw Refusal.of(
          request,
          "no service account specified for pod "
              + request.call().namespace()
              + "/"
              + request.objectName());
    }
    return with(
        request,
        name,
        account ->
            limit(
                request,
                account,
                () ->
                    debugs
                        ? PodSecrets.refusal(
                            account, spec.path(DEBUGGED_FIELD), "ephemeral container")
                        : PodSecrets.refusal(account, spec)));
  }

  private Uni<Void> with(AdmissionRequest request, String name, Consumer<KubeObject> then) {
    String namespace = request.call().namespace();
    Optional<KubeObject> account = accounts.get(namespace, name);
    if (account.isPresent()) {
      then.accept(account.get());
      return Backstage.DONE;
    }
    return accounts
        .await(namespace, name, PATIENCE_MILLIS)
        .invoke(found ->
            then.accept(
                found.orElseThrow(() ->
                    Refusal.of(
                        request,
                        "error looking up service account %s/%s: serviceaccount \"%s\" not found"
                            .formatted(namespace, name, name)))))
        .replaceWithVoid();
  }

  private static boolean isMirror(JsonNode pod) {
    return pod.path("metadata").path("annotations").has(MIRROR);
  }

  private static void checkMirror(AdmissionRequest request, JsonNode spec) {
    if (!spec.path("serviceAccountName").asText("").isEmpty()) {
      throw Refusal.of(request, "a mirror pod may not reference service accounts");
    }
    if (PodSecrets.any(spec)) {
      throw Refusal.of(request, "a mirror pod may not reference secrets");
    }
    for (JsonNode volume : spec.path("volumes")) {
      for (JsonNode source : volume.path("projected").path("sources")) {
        if (source.hasNonNull("serviceAccountToken")) {
          throw Refusal.of(
              request, "a mirror pod may not use ServiceAccountToken volume projections");
        }
      }
    }
  }

  private static void limit(
      AdmissionRequest request, KubeObject account, Supplier<@Nullable String> refusal) {
    String why = PodSecrets.enforced(account) ? refusal.get() : null;
    if (why != null) {
      throw Refusal.of(request, why);
    }
  }

  private static void equip(ObjectNode spec, KubeObject account) {
    JsonNode secrets = account.at("imagePullSecrets");
    if (spec.path("imagePullSecrets").isEmpty() && !secrets.isEmpty()) {
      spec.set("imagePullSecrets", secrets.deepCopy());
    }
    JsonNode own = spec.path("automountServiceAccountToken");
    boolean mounts =
        own.isBoolean()
            ? own.asBoolean()
            : account.at("automountServiceAccountToken").asBoolean(true);
    if (mounts) {
      mount(spec);
    }
  }

  private static void mount(ObjectNode spec) {
    String volume = "";
    for (JsonNode v : spec.path("volumes")) {
      if (v.path("name").asText("").startsWith(PREFIX)) {
        volume = v.path("name").asText();
      }
    }
    boolean fresh = volume.isEmpty();
    if (fresh) {
      volume = PREFIX + Metadata.suffix(5);
    }
    boolean used = false;
    for (String list : new String[] {"initContainers", "containers"}) {
      for (JsonNode container : spec.path(list)) {
        used |= mount((ObjectNode) container, volume);
      }
    }
    if (used && fresh) {
      spec.withArrayProperty("volumes").add(volume(spec, volume));
    }
  }

  private static boolean mount(ObjectNode container, String volume) {
    for (JsonNode m : container.path("volumeMounts")) {
      if (m.path("mountPath").asText("").equals(MOUNT_PATH)) {
        return false;
      }
    }
    ArrayNode mounts =
        container.get("volumeMounts") instanceof ArrayNode a
            ? a
            : container.putArray("volumeMounts");
    mounts.addObject().put("name", volume).put("readOnly", true).put("mountPath", MOUNT_PATH);
    return true;
  }

  private static ObjectNode volume(ObjectNode spec, String name) {
    ObjectNode volume = spec.objectNode().put("name", name);
    ObjectNode projected = volume.putObject("projected");
    ArrayNode sources = projected.putArray("sources");
    sources
        .addObject()
        .putObject("serviceAccountToken")
        .put("expirationSeconds", ServiceAccountTokens.PROJECTED_SECONDS)
        .put("path", "token");
    ObjectNode ca = sources.addObject().putObject("configMap").put("name", "kube-root-ca.crt");
    ca.putArray("items").addObject().put("key", "ca.crt").put("path", "ca.crt");
    ObjectNode item = sources.addObject().putObject("downwardAPI").putArray("items").addObject();
    item.put("path", "namespace")
        .putObject("fieldRef")
        .put("apiVersion", "v1")
        .put("fieldPath", "metadata.namespace");
    projected.put("defaultMode", 420);
    return volume;
  }
}
