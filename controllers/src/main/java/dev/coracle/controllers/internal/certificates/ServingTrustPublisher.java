package dev.coracle.controllers.internal.certificates;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Keeps one ClusterTrustBundle of the signer {@code kubernetes.io/kube-apiserver-serving}, by which
 * Pods can trust the API server (KEP-3257).
 */
public final class ServingTrustPublisher extends LoopController {

  private static final String SIGNER = "kubernetes.io/kube-apiserver-serving";
  private static final int HASH_DIGITS = 10;
  private static final GroupVersionKind BUNDLE =
      new GroupVersionKind("certificates.k8s.io", "v1beta1", "ClusterTrustBundle");

  /** There is but one thing to do. */
  private static final NamespacedName ALL = new NamespacedName("", SIGNER);

  private final Lister bundles;
  private final String name;

  public ServingTrustPublisher(Environment env) {
    super("kube-apiserver-serving-clustertrustbundle-publisher-controller", env);
    Informer informer = env.informer(Resources.CLUSTER_TRUST_BUNDLES);
    this.bundles = informer.lister();
    this.name = SIGNER.replace('/', ':') + ":" + hash(env.options().rootCaPem());
    onAny(
        informer,
        bundle -> {
          if (isOurs(bundle)) {
            loop.enqueue(ALL);
          }
        });
  }

  @Override
  public void start() {
    super.start();
    if (!env.options().rootCaPem().isEmpty()) {
      loop.enqueue(ALL);
    }
  }

  private static String hash(String pem) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(pem.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, HASH_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isOurs(KubeObject bundle) {
    return bundle.text("spec", "signerName").equals(SIGNER);
  }

  @Override
  public Uni<Result> reconcile(NamespacedName all) {
    String pem = env.options().rootCaPem();
    if (pem.isEmpty()) {
      return DONE;
    }
    List<Uni<KubeObject>> work = new ArrayList<>();
    KubeObject present = bundles.get("", name).orElse(null);
    if (present == null) {
      work.add(create(pem));
    } else if (!present.text("spec", "trustBundle").equals(pem)) {
      work.add(
          env.client()
              .update(
                  Resources.CLUSTER_TRUST_BUNDLES,
                  present.with(tree -> tree.withObjectProperty("spec").put("trustBundle", pem))));
    }
    for (KubeObject bundle : bundles.list()) {
      if (isOurs(bundle) && !bundle.name().equals(name) && !bundle.isDeleting()) {
        work.add(delete(bundle));
      }
    }
    return work.isEmpty()
        ? DONE
        : Uni.join().all(work).andCollectFailures().replaceWith(Result.DONE);
  }

  private Uni<KubeObject> create(String pem) {
    return env.client()
        .create(
            Resources.CLUSTER_TRUST_BUNDLES,
            "",
            KubeObject.create(
                BUNDLE,
                "",
                name,
                tree -> tree.putObject("spec").put("signerName", SIGNER).put("trustBundle", pem)),
            WriteOptions.NONE)
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithNull();
  }

  /** Of an authority that is none any more. */
  private Uni<KubeObject> delete(KubeObject bundle) {
    return env.client()
        .delete(
            Resources.CLUSTER_TRUST_BUNDLES,
            "",
            bundle.name(),
            new DeleteOptions(-1, "", bundle.uid(), "", false))
        .onFailure(StatusException::isNotFound)
        .recoverWithNull();
  }
}
