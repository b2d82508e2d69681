package dev.coracle.kubelet.internal.image.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ProgramFile;
import dev.coracle.api.Resources;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.kubelet.config.CredentialProviders;
import dev.coracle.kubelet.config.CredentialProviders.CacheType;
import dev.coracle.kubelet.config.CredentialProviders.Provider;
import dev.coracle.kubelet.config.CredentialProviders.TokenAttributes;
import dev.coracle.kubelet.fake.HandClock;
import dev.coracle.kubelet.internal.image.PullCredential;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real programs, shell scripts, that note each request they get. */
class CredentialPluginsTest {
  private static final String V1 = CredentialProviders.V1;

  /** {@code asked}: the requests, one a line. */
  private static final String SCRIPT =
      """
      #!/bin/sh
      cat >> "$DIR/asked"
      printf '{"kind":"CredentialProviderResponse","apiVersion":"%s","cacheKeyType":"%s",%s'
      printf '"auth":{"*.example":{"username":"%%s","password":"p"}}}' "${NAME}$1"
      """;

  @TempDir private Path dir;

  private final FakeClient api = new FakeClient();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final HandClock clock = new HandClock();

  @BeforeEach
  void accounts() {
    for (String name : List.of("puller", "plain")) {
      api.create(
              Resources.SERVICE_ACCOUNTS,
              KubeObject.create(
                  new GroupVersionKind("", "v1", "ServiceAccount"),
                  "ns",
                  name,
                  n -> {
                    if (name.equals("puller")) {
                      n.withObjectProperty("metadata")
                          .putObject("annotations")
                          .put("example/role", "r")
                          .put("example/other", "o");
                    }
                  }))
          .await()
          .indefinitely();
    }
  }

  private static Pod pod(String name, String account) {
    return new Pod(
        KubeObject.create(
            new GroupVersionKind("", "v1", "Pod"),
            "ns",
            name,
            n -> {
              n.withObjectProperty("metadata").put("uid", "uid-of-" + name);
              n.putObject("spec").put("serviceAccountName", account);
            }));
  }

  private Provider provider(String name, Optional<TokenAttributes> token) {
    return new Provider(
        name,
        List.of("*.example"),
        Duration.ofMinutes(10),
        V1,
        List.of("-arg"),
        Map.of("DIR", dir.toString(), "NAME", name),
        token);
  }

  private CredentialPlugins plugins(String script, Optional<TokenAttributes> token)
      throws IOException {
    program("one", script);
    return plugins(List.of(provider("one", token)));
  }

  private CredentialPlugins plugins(List<Provider> providers) {
    return new CredentialPlugins(
        new CredentialProviders(providers, dir),
        new PodAccounts(api, clock, new SecureRandom()),
        new KubeletMetrics(meters, "n1"),
        clock);
  }

  private void program(String name, String script) throws IOException {
    ProgramFile.write(dir.resolve(name), script);
  }

  private static String script(String keyType, String more) {
    return SCRIPT.formatted(V1, keyType, more);
  }

  private List<String> asked() throws IOException {
    Path file = dir.resolve("asked");
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  private static List<String> users(List<PullCredential> credentials) {
    return credentials.stream().map(c -> c.auth().getUsername()).toList();
  }

  @Test
  void aProgramIsAskedForItsImagesAsItIsConfigured() throws IOException {
    CredentialPlugins plugins = plugins(script("Image", ""), Optional.empty());
    assertThat(plugins.of(pod("a", "plain"), "docker.io/library/nginx:1")).isEmpty();
    assertThat(asked()).isEmpty();
    List<PullCredential> given = plugins.of(pod("a", "plain"), "r.example/team/app:1");
    assertThat(users(given)).containsExactly("one-arg");
    assertThat(given.getFirst().source()).as("every pod of the node has it").isEmpty();
    assertThat(given.toString()).doesNotContain("one-arg");
    assertThat(asked())
        .containsExactly(
            "{\"kind\":\"CredentialProviderRequest\",\"apiVersion\":\""
                + V1
                + "\",\"image\":\"r.example/team/app\"}");
    assertThat(meters.get("kubelet_credential_provider_plugin_duration").summary().count())
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "Image,'',3",
    "Registry,'',2",
    "Global,'',1",
    "Global,'\"cacheDuration\":\"0s\",',4",
  })
  void anAnswerHoldsForItsKey(String keyType, String more, int runs) throws IOException {
    CredentialPlugins plugins = plugins(script(keyType, more), Optional.empty());
    for (String image : List.of("r.example/a", "r.example/b", "s.example/a", "r.example/a")) {
      assertThat(users(plugins.of(pod("a", "plain"), image + ":1"))).containsExactly("one-arg");
    }
    assertThat(asked()).hasSize(runs);
  }

  @ParameterizedTest
  @CsvSource({"'',10", "'\"cacheDuration\":\"2m\",',2"})
  void anAnswerHoldsForItsTime(String more, int minutes) throws IOException {
    CredentialPlugins plugins = plugins(script("Image", more), Optional.empty());
    plugins.of(pod("a", "plain"), "r.example/a:1");
    clock.advance(Duration.ofMinutes(minutes));
    plugins.of(pod("a", "plain"), "r.example/a:1");
    assertThat(asked()).hasSize(1);
    clock.advance(Duration.ofMillis(1));
    plugins.of(pod("a", "plain"), "r.example/a:1");
    assertThat(asked()).hasSize(2);
  }

  @Test
  void whoAsksTheSameMeanwhileWaitsForThatRun() throws Exception {
    CredentialPlugins plugins =
        plugins(
            script("Image", "\"cacheDuration\":\"0s\",")
                .replace("cat", "until [ -e \"$DIR/go\" ]; do sleep 0.01; done; cat"),
            Optional.empty());
    List<List<String>> given = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> given.add(users(plugins.of(pod("a", "plain"), "r.example/a:1")))));
    }
    Awaitility.await()
        .until(() ->
            threads.stream()
                .map(Thread::getState)
                .allMatch(s -> s == Thread.State.WAITING || s == Thread.State.TIMED_WAITING));
    Files.createFile(dir.resolve("go"));
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(given).hasSize(20).containsOnly(List.of("one-arg"));
    assertThat(asked()).hasSize(1);
  }

  @Test
  void aServiceAccountsTokenIsGivenToWhoeverWantsIt() throws IOException {
    CredentialPlugins plugins = plugins(script("Image", ""), token(CacheType.SERVICE_ACCOUNT));
    assertThat(plugins.of(pod("a", "plain"), "r.example/a:1")).as("not annotated").isEmpty();
    assertThat(plugins.of(pod("a", ""), "r.example/a:1")).as("no account").isEmpty();
    assertThat(plugins.of(pod("a", "missing"), "r.example/a:1")).as("no such account").isEmpty();
    assertThat(asked()).isEmpty();
    List<PullCredential> given = plugins.of(pod("a", "puller"), "r.example/a:1");
    assertThat(given)
        .singleElement()
        .satisfies(c ->
            assertThat(c.source().orElseThrow())
                .isInstanceOfSatisfying(
                    PullCredential.ServiceAccount.class,
                    a -> assertThat(a.name()).isEqualTo("puller")));
    assertThat(asked())
        .singleElement()
        .asString()
        .contains("\"serviceAccountToken\":\"of puller by uid-of-a\"")
        .contains("\"serviceAccountAnnotations\":{\"example/role\":\"r\"}");
    plugins.of(pod("b", "puller"), "r.example/a:1");
    assertThat(asked()).as("any pod of the account").hasSize(1);
  }

  @Test
  void anAnswerToATokenIsForItsPodAlone() throws IOException {
    CredentialPlugins plugins = plugins(script("Global", ""), token(CacheType.TOKEN));
    for (String name : List.of("a", "b", "a")) {
      assertThat(plugins.of(pod(name, "puller"), "r.example/a:1")).hasSize(1);
    }
    assertThat(asked()).hasSize(2);
  }

  @Test
  void aTokenIsNoCredentialForOtherPods() throws IOException {
    String echo =
        script("Image", "").replace("\"password\":\"p\"", "\"password\":\"of puller by uid-of-a\"");
    assertThat(
            plugins(echo, token(CacheType.SERVICE_ACCOUNT)).of(pod("a", "puller"), "r.example/a:1"))
        .isEmpty();
    assertThat(plugins(echo, token(CacheType.TOKEN)).of(pod("a", "puller"), "r.example/a:1"))
        .hasSize(1);
  }

  private static Optional<TokenAttributes> token(CacheType type) {
    return Optional.of(
        new TokenAttributes("r", true, type, List.of("example/role"), List.of("example/absent")));
  }

  @Test
  void longerNamesAreTriedFirstAndOneProgramsFailureIsItsOwn() throws IOException {
    program("bad", "#!/bin/sh\nexit 1\n");
    program("one", script("Image", ""));
    program("two", script("Image", "").replace("*.example", "r.example/a"));
    CredentialPlugins plugins =
        plugins(
            List.of(
                provider("bad", Optional.empty()),
                provider("one", Optional.empty()),
                provider("two", Optional.empty())));
    assertThat(users(plugins.of(pod("a", "plain"), "r.example/a/b:1")))
        .containsExactly("two-arg", "one-arg");
    assertThat(
            meters
                .get("kubelet_credential_provider_plugin_errors")
                .tag("plugin_name", "bad")
                .counter()
                .count())
        .isEqualTo(1);
  }
}
