package dev.coracle.controllers.internal.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Keeps the ConfigMap {@code kube-public/cluster-info}: a kubeconfig without a user that names the
 * API server, as the {@code kubernetes} Endpoints say where it is, and the cluster's CA; signed
 * with every token that is meant for signing. Who joins with a token checks the signature and so
 * needs no other way to learn the CA. A kubeconfig that somebody has changed, to name a load
 * balancer for instance, is signed as it is (ADR 0357). Without a CA to publish it does nothing.
 */
public final class ClusterInfo extends LoopController {

  private static final String NAMESPACE = "kube-public";
  private static final String NAME = "cluster-info";
  private static final String KUBECONFIG = "kubeconfig";
  private static final String SIGNATURE = "jws-kubeconfig-";

  /** SHA-256 in hex of the kubeconfig that this controller published last. */
  private static final String PUBLISHED = "coracle.dev/published-kubeconfig";

  private final Lister configMaps;
  private final Lister endpoints;
  private final Lister secrets;

  public ClusterInfo(Environment env) {
    super("bootstrap-signer-controller", env);
    Informer configMapInformer = env.informer(Resources.CONFIG_MAPS);
    Informer endpointsInformer = env.informer(Resources.ENDPOINTS);
    Informer tokens = env.informers().informer(Resources.SECRETS, BootstrapToken.selection());
    this.configMaps = configMapInformer.lister();
    this.endpoints = endpointsInformer.lister();
    this.secrets = tokens.lister();
    if (env.options().rootCaPem().isEmpty()) {
      return;
    }
    onAny(
        configMapInformer,
        object -> {
          if (object.name().equals(NAME) && object.namespace().equals(NAMESPACE)) {
            enqueue(NAMESPACE, NAME);
          }
        });
    onAny(
        endpointsInformer,
        object -> {
          if (object.name().equals("kubernetes") && object.namespace().equals("default")) {
            enqueue(NAMESPACE, NAME);
          }
        });
    onAny(tokens, _ -> enqueue(NAMESPACE, NAME));
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    Optional<String> server = server();
    if (server.isEmpty()) {
      return DONE;
    }
    KubeObject present = configMaps.get(NAMESPACE, NAME).orElse(null);
    boolean own = present == null || isOwn(present);
    String kubeconfig =
        present == null || own ? kubeconfig(server.get()) : present.text("data", KUBECONFIG);
    Map<String, String> wanted = new TreeMap<>();
    wanted.put(KUBECONFIG, kubeconfig);
    Instant next = sign(kubeconfig, wanted);
    Result done =
        next.equals(Instant.MAX)
            ? Result.DONE
            : Result.requeueAfter(Duration.between(env.now(), next));
    if (present == null) {
      return create(wanted).replaceWith(done);
    }
    Map<String, String> kept = new TreeMap<>(KubeObject.strings(present.at("data")));
    kept.keySet().removeIf(key -> key.equals(KUBECONFIG) || key.startsWith(SIGNATURE));
    wanted.putAll(kept);
    boolean marked = !own || present.annotations().containsKey(PUBLISHED);
    if (marked && wanted.equals(new TreeMap<>(KubeObject.strings(present.at("data"))))) {
      return Uni.createFrom().item(done);
    }
    return env.client()
        .update(Resources.CONFIG_MAPS, present.with(o -> data(o, wanted, own)))
        .replaceWith(done);
  }

  /** Whether nobody has changed the kubeconfig since it was published, or it is not there. */
  private static boolean isOwn(KubeObject present) {
    String kubeconfig = present.text("data", KUBECONFIG);
    String published = present.annotations().get(PUBLISHED);
    return kubeconfig.isEmpty() || published == null || published.equals(digest(kubeconfig));
  }

  private static String digest(String kubeconfig) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(kubeconfig.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Gives when the first of the signing tokens ends. */
  private Instant sign(String kubeconfig, Map<String, String> into) {
    Instant next = Instant.MAX;
    for (KubeObject secret : secrets.list()) {
      BootstrapToken token = new BootstrapToken(secret);
      if (!secret.isDeleting()
          && token.wellFormed()
          && token.signs()
          && !token.expired(env.now())) {
        into.put(
            SIGNATURE + token.id(), DetachedSignature.of(kubeconfig, token.id(), token.word()));
        Instant end = token.expiration().orElse(Instant.MAX);
        next = end.isBefore(next) ? end : next;
      }
    }
    return next;
  }

  private Uni<KubeObject> create(Map<String, String> data) {
    return env.client()
        .create(
            Resources.CONFIG_MAPS,
            NAMESPACE,
            KubeObject.create(
                new GroupVersionKind("", "v1", "ConfigMap"),
                NAMESPACE,
                NAME,
                o -> data(o, data, true)),
            WriteOptions.NONE)
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithNull();
  }

  private static void data(ObjectNode object, Map<String, String> data, boolean own) {
    data.forEach(object.putObject("data")::put);
    if (own) {
      ((ObjectNode) object.path("metadata"))
          .withObjectProperty("annotations")
          .put(PUBLISHED, digest(data.getOrDefault(KUBECONFIG, "")));
    }
  }

  /** The least address, so that several servers agree on one. */
  private Optional<String> server() {
    KubeObject object = endpoints.get("default", "kubernetes").orElse(null);
    if (object == null) {
      return Optional.empty();
    }
    String least = "";
    for (JsonNode subset : object.at("subsets")) {
      int port = subset.path("ports").path(0).path("port").asInt();
      for (JsonNode address : subset.path("addresses")) {
        String url = "https://" + address.path("ip").asText() + ":" + port;
        least = least.isEmpty() || url.compareTo(least) < 0 ? url : least;
      }
    }
    return least.isEmpty() ? Optional.empty() : Optional.of(least);
  }

  private String kubeconfig(String server) {
    String ca =
        Base64.getEncoder()
            .encodeToString(env.options().rootCaPem().getBytes(StandardCharsets.UTF_8));
    return """
    apiVersion: v1
    clusters:
    - cluster:
        certificate-authority-data: %s
        server: %s
      name: ""
    contexts: null
    current-context: ""
    kind: Config
    preferences: {}
    users: null
    """
        .formatted(ca, server);
  }
}
