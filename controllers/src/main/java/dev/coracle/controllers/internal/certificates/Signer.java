package dev.coracle.controllers.internal.certificates;

import dev.coracle.api.certificates.CertificateRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Kubernetes' own signers, and what each of them will sign. */
enum Signer {
  API_CLIENT("kubernetes.io/kube-apiserver-client"),
  KUBELET_CLIENT("kubernetes.io/kube-apiserver-client-kubelet"),
  KUBELET_SERVING("kubernetes.io/kubelet-serving"),
  LEGACY_UNKNOWN("kubernetes.io/legacy-unknown");

  private static final String NODE_PREFIX = "system:node:";
  private static final String SIGNATURE = "digital signature";
  private static final String ENCIPHERMENT = "key encipherment";
  private static final String CLIENT = "client auth";
  private static final String SERVER = "server auth";

  private final String id;

  Signer(String id) {
    this.id = id;
  }

  String id() {
    return id;
  }

  static Optional<Signer> of(String name) {
    for (Signer signer : values()) {
      if (signer.id.equals(name)) {
        return Optional.of(signer);
      }
    }
    return Optional.empty();
  }

  /** Why it will not sign this; empty when it will. */
  Optional<String> refusal(CertificateRequest request, Set<String> usages) {
    return switch (this) {
      case API_CLIENT -> apiClient(usages);
      case KUBELET_CLIENT -> kubeletClient(request, usages);
      case KUBELET_SERVING -> kubeletServing(request, usages);
      case LEGACY_UNKNOWN -> Optional.empty();
    };
  }

  private static Optional<String> apiClient(Set<String> usages) {
    for (String usage : usages) {
      if (!Set.of(SIGNATURE, ENCIPHERMENT, CLIENT).contains(usage)) {
        return Optional.of("invalid usage for client certificate: " + usage);
      }
    }
    return usages.contains(CLIENT)
        ? Optional.empty()
        : Optional.of("missing required usage for client certificate: " + CLIENT);
  }

  private static Optional<String> kubeletClient(CertificateRequest request, Set<String> usages) {
    if (!request.organizations().equals(List.of("system:nodes"))) {
      return Optional.of("subject organization is not system:nodes");
    }
    if (!request.dnsNames().isEmpty()) {
      return Optional.of("DNS subjectAltNames are not allowed");
    }
    if (!request.emailAddresses().isEmpty()) {
      return Optional.of("Email subjectAltNames are not allowed");
    }
    if (!request.ipAddresses().isEmpty()) {
      return Optional.of("IP subjectAltNames are not allowed");
    }
    if (!request.uris().isEmpty()) {
      return Optional.of("URI subjectAltNames are not allowed");
    }
    return node(request, usages, CLIENT);
  }

  private static Optional<String> kubeletServing(CertificateRequest request, Set<String> usages) {
    if (!request.organizations().equals(List.of("system:nodes"))) {
      return Optional.of("subject organization is not system:nodes");
    }
    if (request.dnsNames().isEmpty() && request.ipAddresses().isEmpty()) {
      return Optional.of("DNS or IP subjectAltName is required");
    }
    if (!request.emailAddresses().isEmpty()) {
      return Optional.of("Email subjectAltNames are not allowed");
    }
    if (!request.uris().isEmpty()) {
      return Optional.of("URI subjectAltNames are not allowed");
    }
    return node(request, usages, SERVER);
  }

  private static Optional<String> node(
      CertificateRequest request, Set<String> usages, String purpose) {
    Set<String> needed = Set.of(SIGNATURE, ENCIPHERMENT, purpose);
    if (!usages.equals(needed) && !usages.equals(Set.of(SIGNATURE, purpose))) {
      List<String> words = new ArrayList<>(new TreeSet<>(needed));
      return Optional.of("usages did not match [" + String.join(" ", words) + "]");
    }
    return request.commonName().startsWith(NODE_PREFIX)
        ? Optional.empty()
        : Optional.of("subject common name does not begin with system:node:");
  }
}
