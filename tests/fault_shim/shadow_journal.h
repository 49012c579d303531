// What the fault shim notes down for the reconstruction after a simulated power loss. The shadow
// folder holds `journal` and `content/`. The journal is text, one record a line, fields separated
// by tabs; a line without its line end was being written when the process died and does not count.
// A file or folder is known by an id that is given once, so that an inode number used again, or a
// name used again, is never taken for what was there before.
#pragma once

namespace manifolddb::test::shadow {

inline constexpr char kJournalName[] = "journal";
inline constexpr char kContentFolder[] = "content";

// inode <inode number> <id>          this inode is from now on that file or folder
inline constexpr char kInode[] = "inode";
// root <id>                          the folder that everything hangs on
inline constexpr char kRoot[] = "root";
// file <id> <content name> <size>    synced: the first <size> bytes of content/<content name>
inline constexpr char kFile[] = "file";
// dir <id> (<name> <f|d> <id>)*      synced: exactly these entries
inline constexpr char kDirectory[] = "dir";

}  // namespace manifolddb::test::shadow
