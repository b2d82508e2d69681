package dev.coracle.kubelet.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** A CA and certificates in PEM files, made by the JDK's keytool. */
public final class TestPki {
  private static final String PASSWORD = "changeit";

  private final Path directory;
  private final Path store;

  public TestPki(Path directory) throws Exception {
    this.directory = directory;
    this.store = directory.resolve("test.p12");
    keytool(
        "-genkeypair",
        "-alias",
        "ca",
        "-dname",
        "CN=test-ca",
        "-ext",
        "bc:c",
        "-ext",
        "ku:c=keyCertSign,cRLSign");
    write("ca");
  }

  /**
   * Makes NAME.crt and NAME.key for a distinguished name, good for server and client use on
   * localhost.
   */
  public TestPki issue(String name, String dname) throws Exception {
    keytool(
        "-genkeypair",
        "-alias",
        name,
        "-signer",
        "ca",
        "-dname",
        dname,
        "-ext",
        "san=dns:localhost,ip:127.0.0.1",
        "-ext",
        "eku=serverAuth,clientAuth");
    write(name);
    return this;
  }

  public Path certificate(String name) {
    return directory.resolve(name + ".crt");
  }

  public Path key(String name) {
    return directory.resolve(name + ".key");
  }

  private void keytool(String... args) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-Xmx64m"));
    command.addAll(List.of(args));
    command.addAll(
        List.of(
            "-keystore",
            store.toString(),
            "-storepass",
            PASSWORD,
            "-storetype",
            "PKCS12",
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-validity",
            "2"));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(output);
    }
  }

  private void write(String alias) throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    pem(certificate(alias), "CERTIFICATE", keys.getCertificate(alias).getEncoded());
    pem(key(alias), "PRIVATE KEY", keys.getKey(alias, PASSWORD.toCharArray()).getEncoded());
  }

  private static void pem(Path file, String type, byte[] der) throws IOException {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    Files.writeString(
        file, "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n");
  }
}
