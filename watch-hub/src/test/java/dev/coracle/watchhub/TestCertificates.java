package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** An authority with one certificate for 127.0.0.1 that serves and one that asks, by keytool. */
record TestCertificates(Path ca, Path cert, Path key, Path clientCert, Path clientKey) {

  private static final String PASSWORD = "changeit";

  static TestCertificates make(Path directory) throws Exception {
    Files.createDirectories(directory);
    pair(directory, "ca", "-ext", "bc:c");
    Path ca = directory.resolve("ca.crt");
    keytool(directory, "ca", "-exportcert", "-rfc", "-file", ca.toString());
    issue(directory, "server", "san=ip:127.0.0.1,dns:localhost");
    issue(directory, "client", "eku=clientAuth");
    return new TestCertificates(
        ca,
        directory.resolve("server.crt"),
        directory.resolve("server.key"),
        directory.resolve("client.crt"),
        directory.resolve("client.key"));
  }

  private static void pair(Path directory, String name, String... more) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("-genkeypair", "-keyalg", "EC"));
    arguments.addAll(List.of("-groupname", "secp256r1", "-dname", "CN=" + name));
    arguments.addAll(List.of(more));
    keytool(directory, name, arguments.toArray(String[]::new));
  }

  private static void issue(Path directory, String name, String extension) throws Exception {
    pair(directory, name);
    Path request = directory.resolve(name + ".csr");
    keytool(directory, name, "-certreq", "-file", request.toString());
    keytool(
        directory,
        "ca",
        "-gencert",
        "-rfc",
        "-infile",
        request.toString(),
        "-outfile",
        directory.resolve(name + ".crt").toString(),
        "-ext",
        extension);
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(directory.resolve(name + ".p12"))) {
      store.load(in, PASSWORD.toCharArray());
    }
    byte[] der = store.getKey(name, PASSWORD.toCharArray()).getEncoded();
    Files.writeString(
        directory.resolve(name + ".key"),
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
            + "\n-----END PRIVATE KEY-----\n");
  }

  private static void keytool(Path directory, String alias, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-alias", alias, "-keystore", directory.resolve(alias + ".p12") + ""));
    command.addAll(List.of("-storepass", PASSWORD, "-storetype", "PKCS12"));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }
}
