package dev.coracle.kubelet.internal.podcertificate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.certificates.PemBlock;
import dev.coracle.api.certificates.SubjectKeyType;
import dev.coracle.client.Client;
import dev.coracle.kubelet.internal.pod.Pod;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/** Makes keys, and the PodCertificateRequests for them. */
final class NodeRequests implements Issuance.Requests {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** An RSA key takes seconds of CPU, which the virtual threads' carriers are too few for. */
  private static final Executor KEYS =
      new ThreadPoolExecutor(
          0,
          1,
          10,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          Thread.ofPlatform().name("pod-keys-", 0).daemon().factory());

  private final Client client;
  private final String nodeName;
  private final Supplier<Optional<KubeObject>> node;
  private final Function<Issuance.Request, Optional<KubeObject>> found;

  NodeRequests(
      Client client,
      String nodeName,
      Supplier<Optional<KubeObject>> node,
      Function<Issuance.Request, Optional<KubeObject>> found) {
    this.client = client;
    this.nodeName = nodeName;
    this.node = node;
    this.found = found;
  }

  @Override
  public Optional<KubeObject> find(Issuance.Request request) {
    return found.apply(request);
  }

  @Override
  public Issuance.Request make(Pod pod, JsonNode source) {
    String name = source.path("keyType").asText("");
    SubjectKeyType type =
        SubjectKeyType.named(name)
            .orElseThrow(() -> StatusException.badRequest("unknown key type \"" + name + "\""));
    String account = pod.spec().path("serviceAccountName").asText("default");
    String accountUid =
        client
            .get(Resources.SERVICE_ACCOUNTS, pod.namespace(), account)
            .await()
            .atMost(LIMIT)
            .uid();
    String nodeUid =
        node.get()
            .orElseThrow(() -> StatusException.notFound(Resources.NODES.groupResource(), nodeName))
            .uid();
    KeyPair pair = key(type);
    KubeObject made =
        client
            .create(
                Resources.POD_CERTIFICATE_REQUESTS,
                request(pod, source, account, accountUid, nodeUid, type.stubRequest(pair)))
            .await()
            .atMost(LIMIT);
    byte[] pem =
        new PemBlock("PRIVATE KEY", pair.getPrivate().getEncoded())
            .toString()
            .getBytes(StandardCharsets.US_ASCII);
    return new Issuance.Request(pem, made.namespace(), made.name());
  }

  private static KeyPair key(SubjectKeyType type) {
    try {
      return CompletableFuture.supplyAsync(type::generate, KEYS).join();
    } catch (CompletionException e) {
      throw new IllegalStateException("while generating keypair", e.getCause());
    }
  }

  private KubeObject request(
      Pod pod,
      JsonNode source,
      String account,
      String accountUid,
      String nodeUid,
      byte[] stubRequest) {
    return KubeObject.of(
        KubeObject.create(
                new GroupVersionKind("certificates.k8s.io", "v1beta1", "PodCertificateRequest"),
                pod.namespace(),
                "",
                node -> fill(node, pod, source, account, accountUid, nodeUid, stubRequest))
            .edit());
  }

  private void fill(
      ObjectNode request,
      Pod pod,
      JsonNode source,
      String account,
      String accountUid,
      String nodeUid,
      byte[] stubRequest) {
    ObjectNode metadata = request.withObjectProperty("metadata");
    metadata.remove("name");
    metadata.put("generateName", "req-");
    metadata
        .putArray("ownerReferences")
        .addObject()
        .put("apiVersion", "v1")
        .put("kind", "Pod")
        .put("name", pod.name())
        .put("uid", pod.uid());
    ObjectNode spec = request.putObject("spec");
    spec.put("signerName", source.path("signerName").asText(""));
    spec.put("podName", pod.name());
    spec.put("podUID", pod.uid());
    spec.put("serviceAccountName", account);
    spec.put("serviceAccountUID", accountUid);
    spec.put("nodeName", nodeName);
    spec.put("nodeUID", nodeUid);
    spec.put("stubPKCS10Request", Base64.getEncoder().encodeToString(stubRequest));
    if (source.path("maxExpirationSeconds").isNumber()) {
      spec.put("maxExpirationSeconds", source.path("maxExpirationSeconds").asInt());
    }
    if (source.path("userAnnotations").isObject()) {
      spec.set("unverifiedUserAnnotations", source.path("userAnnotations").deepCopy());
    }
  }
}
