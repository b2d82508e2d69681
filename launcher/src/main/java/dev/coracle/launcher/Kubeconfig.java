package dev.coracle.launcher;

import dev.coracle.launcher.pki.ClusterPki.Credential;
import dev.coracle.launcher.pki.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** Writes the administrator's kubeconfig, for its owner alone, with everything inside. */
final class Kubeconfig {

  private Kubeconfig() {}

  static void write(Path file, String server, Path caCertificate, Credential admin)
      throws IOException {
    String text =
        """
        apiVersion: v1
        kind: Config
        clusters:
        - name: coracle
          cluster:
            server: %s
            certificate-authority-data: %s
        users:
        - name: coracle-admin
          user:
            client-certificate-data: %s
            client-key-data: %s
        contexts:
        - name: coracle
          context:
            cluster: coracle
            user: coracle-admin
            namespace: default
        current-context: coracle
        """
            .formatted(
                server, base64(caCertificate), base64(admin.certificate()), base64(admin.key()));
    Pem.write(file, text);
  }

  private static String base64(Path file) throws IOException {
    return Base64.getEncoder().encodeToString(Files.readAllBytes(file));
  }
}
