package dev.coracle.launcher.join;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.launcher.agent.JoinTokens;
import dev.coracle.launcher.pki.AuthorityFiles;
import dev.coracle.launcher.pki.CertificateKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.function.Consumer;

/**
 * The authority's files on their way to one more control plane: a Secret of {@code kube-system} for
 * each token, sealed, and the right of that token alone to read it and to end itself. All of it is
 * owned by the token's Secret, so it goes with the token. Blocks.
 */
public final class SealedAuthority {

  static final String NAMESPACE = "kube-system";
  private static final String FILES = "files";
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** What a machine needs to become a control plane. */
  public record Invitation(String token, CertificateKey key) {

    /** Never the secrets. */
    @Override
    public String toString() {
      return "Invitation[" + JoinTokens.id(token) + "]";
    }
  }

  private final Client client;
  private final JoinTokens tokens;
  private final SecureRandom random;

  public SealedAuthority(Client client, JoinTokens tokens, SecureRandom random) {
    this.client = client;
    this.tokens = tokens;
    this.random = random;
  }

  /**
   * A new token, and what it leads to.
   *
   * @param life after which all of it is gone
   */
  public Invitation invite(AuthorityFiles files, Duration life, String description) {
    JoinTokens.Issued issued = tokens.create(JoinTokens.Kind.SERVER, life, description);
    String id = JoinTokens.id(issued.token());
    CertificateKey key = CertificateKey.random(random);
    String name = name(id);
    byte[] sealed = key.seal(files, name, random);
    create(
        Resources.SECRETS,
        owned(
            new GroupVersionKind("", "v1", "Secret"),
            name,
            issued.secret(),
            o -> o.putObject("data").put(FILES, Base64.getEncoder().encodeToString(sealed))));
    create(
        Resources.ROLES,
        owned(
            new GroupVersionKind("rbac.authorization.k8s.io", "v1", "Role"),
            name,
            issued.secret(),
            o -> {
              var rules = o.putArray("rules");
              rule(rules.addObject(), "get", name);
              rule(rules.addObject(), "delete", JoinTokens.secretName(id));
            }));
    create(
        Resources.ROLE_BINDINGS,
        owned(
            new GroupVersionKind("rbac.authorization.k8s.io", "v1", "RoleBinding"),
            name,
            issued.secret(),
            o -> {
              o.putObject("roleRef")
                  .put("apiGroup", "rbac.authorization.k8s.io")
                  .put("kind", "Role")
                  .put("name", name);
              o.putArray("subjects")
                  .addObject()
                  .put("apiGroup", "rbac.authorization.k8s.io")
                  .put("kind", "User")
                  .put("name", "system:bootstrap:" + id);
            }));
    return new Invitation(issued.token(), key);
  }

  private static void rule(ObjectNode rule, String verb, String secret) {
    rule.putArray("apiGroups").add("");
    rule.putArray("resources").add("secrets");
    rule.putArray("resourceNames").add(secret);
    rule.putArray("verbs").add(verb);
  }

  private static KubeObject owned(
      GroupVersionKind kind, String name, KubeObject owner, Consumer<ObjectNode> content) {
    return KubeObject.create(
        kind,
        NAMESPACE,
        name,
        o -> {
          o.withObjectProperty("metadata")
              .putArray("ownerReferences")
              .addObject()
              .put("apiVersion", "v1")
              .put("kind", "Secret")
              .put("name", owner.name())
              .put("uid", owner.uid());
          content.accept(o);
        });
  }

  private void create(GroupVersionResource resource, KubeObject object) {
    client.create(resource, NAMESPACE, object, WriteOptions.NONE).await().atMost(LIMIT);
  }

  /** The name of what the token of this id leads to. */
  static String name(String id) {
    return "coracle-server-" + id;
  }

  /** What is sealed in the Secret. */
  static byte[] sealed(KubeObject secret) {
    return Base64.getDecoder().decode(secret.text("data", FILES));
  }
}
