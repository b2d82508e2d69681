package dev.coracle.criruntime;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A small image of this machine's static busybox. */
public final class BusyboxImage {
  public static final String NAME = "localhost/test/busybox:1";
  private static final Path BUSYBOX = Path.of("/bin/busybox");
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
          "umount",
          "nc",
          "wget",
          "ip",
          "tty",
          "stty",
          "pwd",
          "head",
          "tail",
          "seq",
          "stat",
          "chown",
          "unshare",
          "trap",
          "date",
          "test",
          "httpd",
          "ping",
          "yes",
          "usleep",
          "readlink",
          "nproc",
          "df",
          "wc",
          "printf",
          "printenv");

  private BusyboxImage() {}

  public static ImageBuilder builder() {
    assumeTrue(Files.isExecutable(BUSYBOX), "needs /bin/busybox (Debian: busybox-static)");
    ImageBuilder b = new ImageBuilder(NAME).file("/bin/busybox", BUSYBOX, 0755);
    APPLETS.forEach(a -> b.symlink("/bin/" + a, "busybox"));
    return b.directory("/tmp", 01777)
        .directory("/root", 0700)
        .file(
            "/etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n",
            0644)
        .file("/etc/group", "root:x:0:\nalice:x:1000:\nstaff:x:50:alice\n", 0644)
        .file("/bin/not-executable", "x", 0644)
        .env("PATH", "/bin")
        .env("FROM_IMAGE", "yes")
        .cmd("sh");
  }
}
