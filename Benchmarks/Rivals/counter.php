<?php
// The counter as PHP's manual writes it; the pool's configuration says where session files go.
session_start();
$_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;
header('Content-Type: text/plain');
echo $_SESSION['n'];
