package dev.coracle.controllers.internal.certificates;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.util.Optional;

/**
 * Approves kubelets' requests without a person: client certificates where the API says that who
 * asks may {@code create certificatesigningrequests/nodeclient} (a machine that joins) or {@code
 * selfnodeclient} (a node that renews its own), serving certificates where the node asks for its
 * own names and addresses (ADR 95).
 */
public final class CertificateApproval extends LoopController {

  private static final String GROUP = "certificates.k8s.io";
  private static final GroupVersionKind REVIEW =
      new GroupVersionKind("authorization.k8s.io", "v1", "SubjectAccessReview");

  private final Lister requests;
  private final ServingNames servingNames;

  public CertificateApproval(Environment env) {
    super("certificatesigningrequest-approving-controller", env);
    Informer informer = env.informer(Resources.CERTIFICATE_SIGNING_REQUESTS);
    Informer nodes = env.informer(Resources.NODES);
    this.requests = informer.lister();
    this.servingNames =
        new ServingNames(
            nodes.lister(),
            env.informer(Resources.ENDPOINTS).lister(),
            env.informer(Resources.SERVICES).lister());
    onAny(informer, loop::enqueue);
    onAny(nodes, node -> requests.list().forEach(r -> reconsider(r, node)));
  }

  /** A serving certificate may wait for the node's addresses. */
  private void reconsider(KubeObject request, KubeObject node) {
    if (request.text("spec", "signerName").equals(Signer.KUBELET_SERVING.id())
        && request.text("spec", "username").equals("system:node:" + node.name())
        && request.at("status", "conditions").isEmpty()) {
      loop.enqueue(request);
    }
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject object = requests.get("", name.name()).orElse(null);
    if (object == null || object.isDeleting()) {
      return DONE;
    }
    SigningRequest request = new SigningRequest(object);
    Optional<Signer> signer = Signer.of(request.signer());
    if (request.issued() || request.approved() || request.denied() || signer.isEmpty()) {
      return DONE;
    }
    CertificateRequest content;
    try {
      content = request.content();
    } catch (IllegalArgumentException e) {
      return DONE; // The API refuses such a request; an older one waits for a person.
    }
    if (signer.get().refusal(content, request.usages()).isPresent()) {
      return DONE;
    }
    return switch (signer.get()) {
      case KUBELET_CLIENT -> client(request, content);
      case KUBELET_SERVING ->
          servingNames.belong(request, content)
              ? approve(object, "Auto approving kubelet serving certificate for the node's names.")
              : DONE;
      case API_CLIENT, LEGACY_UNKNOWN -> DONE;
    };
  }

  private Uni<Result> client(SigningRequest request, CertificateRequest content) {
    boolean own = request.username().equals(content.commonName());
    Uni<Boolean> asItself =
        own ? may(request.object(), "selfnodeclient") : Uni.createFrom().item(false);
    return asItself.chain(self ->
        self
            ? approve(
                request.object(),
                "Auto approving self kubelet client certificate after SubjectAccessReview.")
            : may(request.object(), "nodeclient")
                .chain(allowed ->
                    allowed
                        ? approve(
                            request.object(),
                            "Auto approving kubelet client certificate after"
                                + " SubjectAccessReview.")
                        : DONE));
  }

  private Uni<Boolean> may(KubeObject request, String subresource) {
    KubeObject review =
        KubeObject.create(
            REVIEW,
            "",
            "",
            o -> {
              ObjectNode spec = o.putObject("spec");
              spec.put("user", request.text("spec", "username"));
              spec.put("uid", request.text("spec", "uid"));
              spec.set("groups", request.at("spec", "groups").deepCopy());
              if (request.at("spec", "extra").isObject()) {
                spec.set("extra", request.at("spec", "extra").deepCopy());
              }
              spec.putObject("resourceAttributes")
                  .put("group", GROUP)
                  .put("resource", "certificatesigningrequests")
                  .put("verb", "create")
                  .put("subresource", subresource);
            });
    return env.client()
        .create(Resources.SUBJECT_ACCESS_REVIEWS, "", review, WriteOptions.NONE)
        .map(answer -> answer.at("status", "allowed").asBoolean());
  }

  private Uni<Result> approve(KubeObject object, String message) {
    KubeObject approved =
        object.with(o ->
            Conditions.set(
                o.withObjectProperty("status"),
                "Approved",
                "True",
                "AutoApproved",
                message,
                env.now(),
                true));
    return env.client()
        .update(Resources.CERTIFICATE_SIGNING_REQUESTS, approved, "approval", WriteOptions.NONE)
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }
}
