package dev.coracle.launcher.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.client.Client;
import dev.coracle.launcher.UserErrorException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Asks the cluster for a node's certificates (Kubernetes docs, "TLS bootstrapping"): a
 * CertificateSigningRequest of one of the kubelet's signers, and the wait for its answer.
 */
final class CertificateRequests {

  private static final GroupVersionResource REQUESTS =
      new GroupVersionResource("certificates.k8s.io", "v1", "certificatesigningrequests");
  private static final GroupVersionKind KIND =
      new GroupVersionKind("certificates.k8s.io", "v1", "CertificateSigningRequest");

  /** How long the answer may take; a request that waits for a person is asked for again later. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** What a node needs certificates for. */
  enum Purpose {
    CLIENT("kubernetes.io/kube-apiserver-client-kubelet", "client auth"),
    SERVING("kubernetes.io/kubelet-serving", "server auth");

    private final String signer;
    private final String usage;

    Purpose(String signer, String usage) {
      this.signer = signer;
      this.usage = usage;
    }
  }

  private final Client client;
  private final String node;
  private final String address;

  /**
   * @param address the node's, in serving certificates
   */
  CertificateRequests(Client client, String node, String address) {
    this.client = client;
    this.node = node;
    this.address = address;
  }

  /** The certificate for this key, PEM; fails when it is denied or nobody signs it. */
  Uni<String> ask(Purpose purpose, KeyPair pair) {
    String pem = request(purpose, pair);
    KubeObject object =
        KubeObject.create(
            KIND,
            "",
            "",
            o -> {
              ObjectNode metadata = o.withObjectProperty("metadata");
              metadata.remove("name");
              metadata.put("generateName", "csr-");
              ObjectNode spec = o.putObject("spec");
              spec.put(
                  "request",
                  Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII)));
              spec.put("signerName", purpose.signer);
              ArrayNode usages = spec.putArray("usages");
              usages.add("digital signature").add(purpose.usage);
            });
    return client
        .create(REQUESTS, "", object, WriteOptions.NONE)
        .chain(this::await)
        .ifNoItem()
        .after(PATIENCE)
        .failWith(() ->
            new UserErrorException(
                "no certificate of "
                    + purpose.signer
                    + " was signed for node "
                    + node
                    + "; see 'kubectl get csr'"));
  }

  private Uni<String> await(KubeObject created) {
    ListOptions one =
        ListOptions.ALL.withFields(FieldSelector.equalTo("metadata.name", created.name()));
    Multi<KubeObject> versions =
        client
            .watch(REQUESTS, "", WatchOptions.after(one, created.resourceVersion()))
            .onItem()
            .transformToMultiAndConcatenate(event -> Multi.createFrom().optional(objectOf(event)));
    return Multi.createBy()
        .concatenating()
        .streams(Multi.createFrom().item(created), versions)
        .onItem()
        .transformToMultiAndConcatenate(o -> Multi.createFrom().optional(answer(o)))
        .toUni()
        .onItem()
        .ifNull()
        .failWith(() -> new IOException("the API server ended the watch"));
  }

  private static Optional<KubeObject> objectOf(WatchEvent event) {
    return switch (event) {
      case WatchEvent.Added e -> Optional.of(e.object());
      case WatchEvent.Modified e -> Optional.of(e.object());
      case WatchEvent.Deleted e -> Optional.of(e.object());
      case WatchEvent.Bookmark _, WatchEvent.Failed _ -> Optional.empty();
    };
  }

  private Optional<String> answer(KubeObject request) {
    for (JsonNode c : request.at("status", "conditions")) {
      String type = c.path("type").asText("");
      if (type.equals("Denied") || type.equals("Failed")) {
        throw new UserErrorException(
            "the cluster does not sign the certificate of node "
                + node
                + ": "
                + c.path("message").asText(type));
      }
    }
    String certificate = request.text("status", "certificate");
    return certificate.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new String(Base64.getDecoder().decode(certificate), StandardCharsets.US_ASCII));
  }

  /** PKCS#10, PEM (RFC 2986). */
  private String request(Purpose purpose, KeyPair pair) {
    boolean serving = purpose == Purpose.SERVING;
    return CertificateRequest.make(
        pair,
        "system:node:" + node,
        List.of("system:nodes"),
        serving ? List.of(node) : List.of(),
        serving ? List.of(address) : List.of());
  }
}
