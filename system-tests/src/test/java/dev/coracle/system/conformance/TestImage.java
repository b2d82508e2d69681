package dev.coracle.system.conformance;

import dev.coracle.criruntime.ImageBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The image of the conformance tests: this machine's static busybox, and a web server's scripts.
 * {@code httpd -f -p PORT -h /www} answers {@code /} and {@code /hostname} with the pod's name, and
 * {@code /echo} with what it was asked, {@code /dial?HOST/PATH}, escaped or not, with what is
 * answered there. {@code effective-user} belongs to root and has the setuid bit. {@code main}
 * writes the archive.
 */
final class TestImage {

  static final Path BUSYBOX = Path.of("/bin/busybox");
  static final String NAME = "localhost/conformance/busybox:1";

  private static final List<String> APPLETS =
      List.of(
          "sh",
          "echo",
          "cat",
          "sleep",
          "true",
          "false",
          "ls",
          "id",
          "env",
          "hostname",
          "ps",
          "kill",
          "touch",
          "mkdir",
          "rm",
          "dd",
          "grep",
          "mount",
          "nc",
          "wget",
          "ip",
          "head",
          "tail",
          "seq",
          "stat",
          "chown",
          "chmod",
          "date",
          "test",
          "httpd",
          "readlink",
          "df",
          "wc",
          "printf",
          "nslookup",
          "ln",
          "mv",
          "cp",
          "sed",
          "awk",
          "cut",
          "tr",
          "sort",
          "sysctl",
          "timeout",
          "mktemp",
          "basename",
          "expr",
          "umount",
          "uname",
          "mkfifo",
          "ping",
          "netstat");

  private TestImage() {}

  static ImageBuilder builder() {
    ImageBuilder image = new ImageBuilder(NAME).file("/bin/busybox", BUSYBOX, 0755);
    APPLETS.forEach(a -> image.symlink("/bin/" + a, "busybox"));
    return image
        .directory("/tmp", 01777)
        .directory("/etc", 0755)
        .directory("/root", 0700)
        .directory("/www", 0755)
        .directory("/www/cgi-bin", 0755)
        .file("/www/cgi-bin/index.cgi", answer("hostname"), 0755)
        .file("/www/cgi-bin/hostname", answer("hostname"), 0755)
        .file(
            "/www/cgi-bin/echo", answer("echo \"$REQUEST_METHOD $PATH_INFO?$QUERY_STRING\""), 0755)
        .file("/www/cgi-bin/client", answer("echo \"$REMOTE_ADDR\""), 0755)
        .file(
            "/www/cgi-bin/dial", answer("wget -qO- \"http://$(httpd -d \"$QUERY_STRING\")\""), 0755)
        .file("/www/healthz", "ok\n", 0644)
        .file("/www/page.html", "<a href=\"/rewriteme\">test</a>\n", 0644)
        .file("/bin/effective-user", EffectiveUser.program(), 04755)
        .file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n", 0644)
        .file("/etc/group", "root:x:0:\nalice:x:1000:\n", 0644)
        .env("PATH", "/bin")
        .env("FROM_IMAGE", "yes")
        .cmd("sh", "-c", "echo default command");
  }

  private static String answer(String command) {
    return "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\n" + command + "\n";
  }

  public static void main(String[] args) throws IOException {
    builder().writeArchive(Path.of(args[0]));
  }
}
