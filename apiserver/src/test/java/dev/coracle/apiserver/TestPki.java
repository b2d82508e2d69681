package dev.coracle.apiserver;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.api.certificates.PemBlock;
import dev.coracle.api.certificates.TestAuthority;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Certificates for one test, in a directory of the test. */
public final class TestPki {

  private static @Nullable String signingKey;

  private final Path dir;
  private final TestAuthority authority;

  /**
   * @param dir empty, of the test
   */
  public TestPki(Path dir) {
    this.dir = dir;
    authority = new TestAuthority(dir, "kubernetes");
    issue("server", "/CN=kube-apiserver", "localhost", "127.0.0.1");
    assumeTrue(onPath("openssl"), "openssl is not installed");
    signingKey();
  }

  /** One for all servers of this JVM: its primes take longer to find than all else here. */
  private void signingKey() {
    synchronized (TestPki.class) {
      try {
        if (signingKey == null) {
          run("genpkey", "-algorithm", "RSA", "-out", path("sa.key").toString());
          signingKey = Files.readString(path("sa.key"));
        } else {
          Files.writeString(path("sa.key"), signingKey);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  static boolean onPath(String command) {
    for (String p : System.getenv("PATH").split(":")) {
      if (Files.isExecutable(Path.of(p, command))) {
        return true;
      }
    }
    return false;
  }

  public Path path(String name) {
    return dir.resolve(name);
  }

  /** A new key. Of large ones, openssl finds the primes many times faster than a young JVM. */
  KeyPair rsa(int bits) throws Exception {
    Path file = path("rsa" + bits + ".key");
    run(
        "genpkey",
        "-algorithm",
        "RSA",
        "-pkeyopt",
        "rsa_keygen_bits:" + bits,
        "-out",
        file.toString());
    byte[] content = PemBlock.all(Files.readString(file)).getFirst().content();
    KeyFactory keys = KeyFactory.getInstance("RSA");
    RSAPrivateCrtKey own =
        (RSAPrivateCrtKey) keys.generatePrivate(new PKCS8EncodedKeySpec(content));
    return new KeyPair(
        keys.generatePublic(new RSAPublicKeySpec(own.getModulus(), own.getPublicExponent())), own);
  }

  /**
   * Makes NAME.crt, NAME.key and NAME.csr.
   *
   * @param subject {@code /O=readers/CN=jane}
   */
  public void issue(String name, String subject, String... hosts) {
    List<String> organizations = new ArrayList<>();
    String commonName = "";
    for (String part : subject.substring(1).split("/")) {
      if (part.startsWith("O=")) {
        organizations.add(part.substring(2));
      } else {
        commonName = part.substring("CN=".length());
      }
    }
    authority.issue(name, commonName, organizations, List.of(hosts));
  }

  /** A kubeconfig for the certificate of this name. */
  public Path kubeconfig(String name, int port) {
    String text =
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "https://127.0.0.1:%d", certificate-authority: "%s"}}]
        users: [{name: u, user: {client-certificate: "%s", client-key: "%s"}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """
            .formatted(port, path("ca.crt"), path(name + ".crt"), path(name + ".key"));
    try {
      return Files.writeString(path(name + ".kubeconfig"), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void run(String... args) {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(args));
    try {
      Process p =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(dir.resolve("openssl.log").toFile())
              .start();
      if (!p.waitFor(30, TimeUnit.SECONDS) || p.exitValue() != 0) {
        throw new IllegalStateException(
            "openssl " + args[0] + ": " + Files.readString(dir.resolve("openssl.log")));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
