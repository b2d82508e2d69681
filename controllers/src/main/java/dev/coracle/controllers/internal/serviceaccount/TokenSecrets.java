package dev.coracle.controllers.internal.serviceaccount;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerOptions;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * Fills Secrets of the type {@code kubernetes.io/service-account-token} (Kubernetes docs, "Manually
 * create a long-lived API token for a ServiceAccount") and deletes those whose account is gone.
 * Their token is one that is bound to the Secret, for as long as the API gives one (ADR 0311).
 */
public final class TokenSecrets extends LoopController {

  private static final String TYPE = "kubernetes.io/service-account-token";
  private static final String ACCOUNT = "kubernetes.io/service-account.name";
  private static final String UID = "kubernetes.io/service-account.uid";
  private static final String CA = "ca.crt";
  private static final long LONGEST_SECONDS = 1L << 32;

  private final Lister secrets;
  private final Lister accounts;
  private final String ca;

  public TokenSecrets(Environment env) {
    super("serviceaccount-token-controller", env);
    Informer secretInformer =
        env.informers()
            .informer(
                Resources.SECRETS,
                InformerOptions.ALL.withFields(FieldSelector.equalTo("type", TYPE)));
    Informer accountInformer = env.informer(Resources.SERVICE_ACCOUNTS);
    this.secrets = secretInformer.lister();
    this.accounts = accountInformer.lister();
    this.ca = encoded(env.options().rootCaPem());
    onAny(secretInformer, secret -> enqueue(secret.namespace(), secret.name()));
    accountInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void deleted(KubeObject last) {
            for (KubeObject secret : secrets.list(last.namespace())) {
              if (last.name().equals(secret.annotation(ACCOUNT).orElse(""))) {
                enqueue(secret.namespace(), secret.name());
              }
            }
          }
        });
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject secret = secrets.get(name.namespace(), name.name()).orElse(null);
    if (secret == null || secret.isDeleting() || !secret.text("type").equals(TYPE)) {
      return DONE;
    }
    return account(secret)
        .chain(account -> account.isPresent() ? fill(secret, account.get()) : delete(secret))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }

  /** The account, if it is the one that the Secret was made for. */
  private Uni<Optional<KubeObject>> account(KubeObject secret) {
    String name = secret.annotation(ACCOUNT).orElse("");
    String uid = secret.annotation(UID).orElse("");
    Optional<KubeObject> known = accounts.get(secret.namespace(), name);
    // An account that was made just before the Secret may not be heard of yet.
    Uni<Optional<KubeObject>> found =
        known.isPresent()
            ? Uni.createFrom().item(known)
            : env.client()
                .get(Resources.SERVICE_ACCOUNTS, secret.namespace(), name)
                .map(Optional::of)
                .onFailure(StatusException::isNotFound)
                .recoverWithItem(Optional.empty());
    return found.map(a -> a.filter(there -> uid.isEmpty() || uid.equals(there.uid())));
  }

  private Uni<Result> delete(KubeObject secret) {
    return env.client()
        .delete(
            Resources.SECRETS,
            secret.namespace(),
            secret.name(),
            DeleteOptions.DEFAULT.ifUid(secret.uid()))
        .replaceWith(Result.DONE);
  }

  private Uni<Result> fill(KubeObject secret, KubeObject account) {
    boolean hasCa = ca.isEmpty() || secret.at("data", CA).asText("").equals(ca);
    boolean hasToken = !secret.at("data", "token").asText("").isEmpty();
    boolean hasNamespace = !secret.at("data", "namespace").asText("").isEmpty();
    boolean hasUid = account.uid().equals(secret.annotation(UID).orElse(""));
    if (hasCa && hasToken && hasNamespace && hasUid) {
      return DONE;
    }
    Uni<String> token =
        hasToken
            ? Uni.createFrom().item(secret.at("data", "token").asText(""))
            : token(secret, account).map(TokenSecrets::encoded);
    return token
        .chain(text ->
            env.client()
                .update(
                    Resources.SECRETS,
                    secret.with(tree -> {
                      tree.withObjectProperty("metadata")
                          .withObjectProperty("annotations")
                          .put(UID, account.uid());
                      ObjectNode data = tree.withObjectProperty("data");
                      data.put("token", text);
                      if (!ca.isEmpty()) {
                        data.put(CA, ca);
                      }
                      if (!hasNamespace) {
                        data.put("namespace", encoded(secret.namespace()));
                      }
                    })))
        .replaceWith(Result.DONE);
  }

  private Uni<String> token(KubeObject secret, KubeObject account) {
    KubeObject request =
        KubeObject.create(
            new GroupVersionKind("authentication.k8s.io", "v1", "TokenRequest"),
            account.namespace(),
            account.name(),
            tree -> {
              ObjectNode spec = tree.putObject("spec");
              spec.put("expirationSeconds", LONGEST_SECONDS);
              spec.putObject("boundObjectRef")
                  .put("apiVersion", "v1")
                  .put("kind", "Secret")
                  .put("name", secret.name())
                  .put("uid", secret.uid());
            });
    return env.client()
        .createSubresource(
            Resources.SERVICE_ACCOUNTS,
            account.namespace(),
            account.name(),
            "token",
            request,
            WriteOptions.NONE)
        .map(answer -> answer.text("status", "token"));
  }
}
