package dev.coracle.launcher.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.launcher.UserErrorException;
import dev.coracle.launcher.agent.AuthorityPin;
import dev.coracle.launcher.agent.JoinTokens;
import dev.coracle.launcher.join.SealedAuthority.Invitation;
import dev.coracle.launcher.pki.AuthorityFiles;
import dev.coracle.launcher.pki.CertificateKey;
import dev.coracle.launcher.pki.ClusterPki;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The authority goes to one machine, that has both the token and the key. */
class ServerJoinTest {

  private static final URI SERVER = URI.create("https://192.0.2.1:6443");

  @TempDir Path directory;
  private final SecureRandom random = new SecureRandom();
  private final FakeClient api = new FakeClient();
  private final JoinTokens tokens = new JoinTokens(api, Clock.systemUTC(), random);
  private final SealedAuthority sealed = new SealedAuthority(api, tokens, random);
  private AuthorityFiles files;
  private Invitation invitation;

  @BeforeEach
  void invite() throws IOException {
    files = authority("first");
    invitation = sealed.invite(files, Duration.ofHours(2), "");
  }

  private AuthorityFiles authority(String name) throws IOException {
    Path pki = directory.resolve(name).resolve("pki");
    new ClusterPki(pki, Clock.systemUTC()).open();
    Files.writeString(pki.resolve(AuthorityFiles.CLUSTER_UID), name + "-uid\n");
    return AuthorityFiles.read(pki);
  }

  private ServerJoin with(String token, AuthorityFiles expected) throws IOException {
    return new ServerJoin(
        new JoinOptions(SERVER, token, AuthorityPin.of(expected.certificate()), ""));
  }

  private AuthorityFiles fetch() throws IOException {
    return with(invitation.token(), files).fetch(api, invitation.key());
  }

  private AbstractThrowableAssert<?, ? extends Throwable> assertRefused(CertificateKey key) {
    return assertThatThrownBy(() -> with(invitation.token(), files).fetch(api, key))
        .isInstanceOf(UserErrorException.class);
  }

  private KubeObject secret() {
    return api.peek(
        Resources.SECRETS, "kube-system", SealedAuthority.name(JoinTokens.id(invitation.token())));
  }

  @Test
  void theFilesComeAsTheyWereAndTheTokenIsUsedUp() throws IOException {
    assertThat(fetch()).isEqualTo(files);
    assertThat(tokens.list()).isEmpty();
    assertRefused(invitation.key()).hasMessageContaining("a machine has joined with this --token");
  }

  @Test
  void whatIsKeptTellsNothingWithoutTheKey() {
    byte[] kept = SealedAuthority.sealed(secret());
    assertThat(new String(kept, StandardCharsets.ISO_8859_1)).doesNotContain("BEGIN", "ca.key");
    assertThat(secret().json().toString()).doesNotContain(invitation.key().text());
    assertThat(invitation.toString() + invitation.key() + files + fetchOptions())
        .doesNotContain(invitation.key().text(), invitation.token(), "BEGIN");
  }

  private JoinOptions fetchOptions() {
    return new JoinOptions(SERVER, invitation.token(), "sha256:", invitation.key().text());
  }

  @Test
  void aWrongKeyIsSaidToBeAndUsesNothingUp() throws IOException {
    assertRefused(CertificateKey.random(random))
        .hasMessageContaining("this --certificate-key is not the one");
    assertThat(fetch()).isEqualTo(files);
  }

  @Test
  void whatWasSealedForAnotherTokenOrChangedDoesNotOpen() {
    Invitation other = sealed.invite(files, Duration.ofHours(2), "");
    assertThatThrownBy(
            () -> with(other.token(), files).fetch(moved(secret(), other), invitation.key()))
        .hasMessageContaining("this --certificate-key is not the one");
    byte[] changed = SealedAuthority.sealed(secret());
    changed[changed.length / 2] ^= 1;
    api.change(
        Resources.SECRETS,
        "kube-system",
        secret().name(),
        o ->
            o.withObjectProperty("data").put("files", Base64.getEncoder().encodeToString(changed)));
    assertRefused(invitation.key()).hasMessageContaining("this --certificate-key is not the one");
  }

  private FakeClient moved(KubeObject from, Invitation to) {
    api.change(
        Resources.SECRETS,
        "kube-system",
        SealedAuthority.name(JoinTokens.id(to.token())),
        o -> o.set("data", from.at("data")));
    return api;
  }

  @Test
  void anotherAuthorityThanTheOneOfTheHashIsNotTaken() throws IOException {
    AuthorityFiles other = authority("other");
    assertThatThrownBy(() -> with(invitation.token(), other).fetch(api, invitation.key()))
        .hasMessageContaining("is not the one with this --ca-hash");
    Map<String, String> mixed = new HashMap<>(files.byName());
    mixed.put("ca.key", other.byName().get("ca.key"));
    Invitation forged = sealed.invite(new AuthorityFiles(mixed), Duration.ofHours(2), "");
    assertThatThrownBy(() -> with(forged.token(), files).fetch(api, forged.key()))
        .hasMessageContaining("is not the one with this --ca-hash");
  }

  @Test
  void tokensOfNodesAndThoseThatHaveEndedAreToldApart() {
    api.failWhen(c -> Optional.of(StatusException.of(StatusReason.FORBIDDEN, "no")));
    assertRefused(invitation.key()).hasMessageContaining("this --token is for nodes");
    api.failWhen(c -> Optional.of(StatusException.of(StatusReason.UNAUTHORIZED, "no")));
    assertRefused(invitation.key()).hasMessageContaining("it has ended, or a machine has joined");
  }

  /** Of two that read at the same time, the one that ends the token has it. */
  @Test
  void onlyOneOfTwoMachinesJoins() {
    api.failWhen(c -> {
      if (c.verb().equals("delete") && api.peek(c.resource(), c.namespace(), c.name()) != null) {
        api.remove(c.resource(), c.namespace(), c.name());
      }
      return Optional.empty();
    });
    assertRefused(invitation.key()).hasMessageContaining("a machine has joined with this --token");
  }

  /** Each token reads what was sealed for it and ends itself, and nothing else. */
  @Test
  void theRightsOfATokenAreItsOwnAndGoWithIt() {
    String id = JoinTokens.id(invitation.token());
    KubeObject token = api.peek(Resources.SECRETS, "kube-system", "bootstrap-token-" + id);
    KubeObject role = api.peek(Resources.ROLES, "kube-system", secret().name());
    assertThat(role.at("rules").toString())
        .isEqualTo(
            "[{\"apiGroups\":[\"\"],\"resources\":[\"secrets\"],\"resourceNames\":[\"coracle-server-"
                + id
                + "\"],\"verbs\":[\"get\"]},{\"apiGroups\":[\"\"],\"resources\":[\"secrets\"],"
                + "\"resourceNames\":[\"bootstrap-token-"
                + id
                + "\"],\"verbs\":[\"delete\"]}]");
    KubeObject binding = api.peek(Resources.ROLE_BINDINGS, "kube-system", secret().name());
    assertThat(binding.at("subjects").path(0).path("name").asText())
        .isEqualTo("system:bootstrap:" + id);
    for (KubeObject owned : new KubeObject[] {secret(), role, binding}) {
      assertThat(owned.at("metadata", "ownerReferences").path(0).path("uid").asText())
          .isEqualTo(token.uid());
    }
  }

  @Test
  void aDirectoryThatHasTheAuthorityIsLeftAndOneOfAnotherIsRefused() throws IOException {
    Path data = directory.resolve("first");
    with("", files).into(data);
    assertThat(AuthorityFiles.read(data.resolve("pki"))).isEqualTo(files);
    AuthorityFiles other = authority("other");
    assertThatThrownBy(() -> with("", other).into(data))
        .isInstanceOf(UserErrorException.class)
        .hasMessageContaining("has the authority of another cluster");
  }

  @Test
  void whatIsMissingIsSaid() {
    Path data = directory.resolve("new");
    assertThatThrownBy(() -> with(invitation.token(), files).into(data))
        .hasMessageContaining("--certificate-key is the 64 hexadecimal digits");
    assertThatThrownBy(() ->
            new ServerJoin(new JoinOptions(SERVER, "", "", invitation.key().text())).into(data))
        .hasMessageContaining("needs --token, --ca-hash and --certificate-key");
    assertThat(Files.exists(data.resolve("pki"))).isFalse();
  }
}
